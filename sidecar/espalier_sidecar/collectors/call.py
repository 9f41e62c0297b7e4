"""A request that a served collector answers, as it sees it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from email.message import Message
from io import BufferedIOBase
from socket import socket
from typing import Protocol


class Call(Protocol):
    """One request of the trainer, its head read; `espalier_sidecar.handler` is what it is."""

    command: str
    """The method."""
    path: str
    """The whole path, with its query."""
    headers: Message
    """The head's fields."""
    close_connection: bool
    """Whether the connection ends with this answer."""
    request_version: str
    """The version of HTTP: `HTTP/1.1`."""
    connection: socket
    """The connection itself."""

    @property
    def rfile(self) -> BufferedIOBase:
        """The body is read from it, by `read1`."""

    @property
    def wfile(self) -> BufferedIOBase:
        """An answer that is no JSON is written to it."""

    def body_length(self) -> int | None:
        """Return the length of a body that may be read; None, and an answer, if it may not."""

    def reserved(self, length: int) -> AbstractContextManager[None]:
        """Hold room for a body; raises `BudgetExhausted` if others have it for too long."""

    def read_body(self, length: int) -> bytearray | None:
        """Read a body; None, and an answer, if it does not come."""

    def answer(self, status: int, text: str, retry_after: int | None = None) -> None:
        """Answer with a text of JSON."""

    def complain(self, status: int, message: str | None, retry_after: int | None = None) -> None:
        """Answer what was expected and what came, as JSON."""

    def hang_up(self) -> None:
        """Make this the connection's last answer: the rest of its request is not read."""
