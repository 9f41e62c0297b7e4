"""The requests of a trainer, read within limits and answered in words."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPException
from io import BufferedIOBase
from typing import TYPE_CHECKING

from espalier_sidecar import limits
from espalier_sidecar.byte_budget import BudgetExhausted
from espalier_sidecar.errors import BadReport, SpoolFull
from espalier_sidecar.http_requests import BaseHTTPRequestHandler
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.report import parse_reports
from espalier_sidecar.text import clip

if TYPE_CHECKING:
    from espalier_sidecar.local_server import LocalServer

MAX_DISCARDED = 16 * limits.MIB  # bytes of a body that is not read
IDLE_SECONDS = 60.0
BODY_SECONDS = 5.0
BUDGET_SECONDS = 3.0
LINGER_SECONDS = 1.0


class HeadTooLong(HTTPException):
    """A request's line and headers are longer than any trainer's."""


class Input(BufferedIOBase):
    """What comes over a connection; of a request's head no more than `limits.HEAD` is read."""

    def __init__(self, connection: BufferedIOBase) -> None:
        self._connection = connection
        self._left = limits.HEAD

    def begin_head(self) -> None:
        """Count anew: another request comes."""
        self._left = limits.HEAD

    def readline(self, limit: int | None = -1, /) -> bytes:
        """Read a line of the head; raises `HeadTooLong`."""
        line = self._connection.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise HeadTooLong(f"expected at most {limits.HEAD} bytes of headers; came more")
        return line

    def read1(self, size: int = -1, /) -> bytes:
        """Read some of the body."""
        return self._connection.read1(size)

    def close(self) -> None:
        """Close the connection's file."""
        self._connection.close()
        super().close()


class Handler(BaseHTTPRequestHandler):
    """One connection of the trainer."""

    server: LocalServer
    rfile: Input
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"
    server_version = "espalier-sidecar"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    _unread = False

    def setup(self) -> None:
        """Bound the head of each request."""
        super().setup()
        self.rfile = Input(self.rfile)

    def handle_one_request(self) -> None:
        """Answer one request, also one whose first line does not end."""
        self.rfile.begin_head()
        self.request_version = self.protocol_version
        self.requestline = ""
        self.command = ""
        try:
            super().handle_one_request()
        except HeadTooLong as error:
            self.send_error(431, explain=str(error))

    def parse_request(self) -> bool:
        """Read a request's head; what a collector answers itself goes to it."""
        if not super().parse_request():
            return False
        served = self.server.served_at(self.path)
        if served is None:
            return True
        if self.server.is_crowded():
            self.close_connection = True
        served.serve(self)
        self.wfile.flush()
        return False

    def do_GET(self) -> None:
        """Answer whether to stop, and how the sidecar is."""
        if self.path == "/should-prune":
            self.answer(200, self.server.notice.as_json())
        elif self.path == "/healthz":
            self.answer(200, json.dumps(self.server.health()))
        else:
            self._not_found()

    def do_POST(self) -> None:
        """Take one report, or a list of them."""
        length = self.body_length()
        if length is None:
            return
        try:
            with self.reserved(length):
                body = self.read_body(length)
                if body is not None and self.path == "/report":
                    self._report(body)
                elif body is not None:
                    self._not_found()
        except BudgetExhausted:
            self.hang_up()
            self.complain(
                503,
                f"expected at most {limits.BODIES} bytes of large posts at a time; came "
                f"{length} more: try again, one post at a time",
                retry_after=1,
            )

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server finds wrong with a request, and hang up."""
        self.hang_up()
        self.complain(code, (explain or message or self.responses[code][1])[:200])

    def finish(self) -> None:
        """Close; whoever still sends what will not be read gets time to read the answer."""
        super().finish()
        if self._unread:
            with contextlib.suppress(OSError):
                self._linger()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""

    def _report(self, body: bytearray) -> None:
        try:
            with self.server.parsing:
                reports = parse_reports(body, self.server.metric)
                count = len(reports)
                self.server.spool.append(reports)
                del reports
        except BadReport as error:
            log_line_limited("bad report", f"answered 400: {error}")
            self.complain(400, str(error))
        except SpoolFull as error:
            log_line_limited("full", f"answered 507: {error}")
            self.complain(507, f"the value was not kept, its volume is full: {error}")
        else:
            queued = {"queued": count, "prune": self.server.notice.pruned}
            self.answer(202, json.dumps(queued))

    def body_length(self) -> int | None:
        """Return the length of a body that may be read; else answer why not."""
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit()):
            self.hang_up()
            self.complain(411, f"expected a Content-Length; came {clip(text)}")
            return None
        length = int(text[:20])
        if length > limits.BODY:
            self.hang_up()
            self.complain(
                413, f"expected at most {limits.BODY} bytes; came {length}: send several posts"
            )
            return None
        return length

    @contextlib.contextmanager
    def reserved(self, length: int) -> Iterator[None]:
        """Hold room for a body; raises `BudgetExhausted` if others have it for too long."""
        if length <= limits.SMALL_BODY:
            yield
            return
        with self.server.budget.reserve(length, BUDGET_SECONDS):
            yield

    def read_body(self, length: int) -> bytearray | None:
        """Read a body; `None`, and an answer, if it does not come.

        Raises
        ------
        ConnectionResetError
            If the trainer hangs up before its end.
        """
        body = bytearray()
        ends = time.monotonic() + BODY_SECONDS
        try:
            while len(body) < length:
                self.connection.settimeout(max(0.001, ends - time.monotonic()))
                piece = self.rfile.read1(min(limits.PIECE, length - len(body)))
                if not piece:
                    raise ConnectionResetError
                body += piece
        except TimeoutError:
            self.hang_up()
            self.complain(
                408, f"expected {length} bytes within {BODY_SECONDS:.0f} s; came {len(body)}"
            )
            return None
        finally:
            self.connection.settimeout(self.timeout)
        return body

    def hang_up(self) -> None:
        """Make this the connection's last answer: the rest of its request is not read."""
        self.close_connection = True
        self._unread = True

    def _linger(self) -> None:
        """Read on for a while and keep nothing: to close at once would take the answer back."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER_SECONDS)
        left = MAX_DISCARDED
        while left > 0 and (piece := self.connection.recv(limits.PIECE)):
            left -= len(piece)

    def _not_found(self) -> None:
        self.complain(
            404,
            "expected POST /report, GET /should-prune or GET /healthz; "
            f"came {self.command} {self.path[:80]}",
        )

    def complain(self, status: int, message: str | None, retry_after: int | None = None) -> None:
        """Answer what was expected and what came, as JSON."""
        self.answer(status, json.dumps({"error": message}), retry_after)

    def answer(self, status: int, text: str, retry_after: int | None = None) -> None:
        """Answer with a text of JSON."""
        body = text.encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
