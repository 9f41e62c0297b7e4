"""Asks a port of the trainer's for its metrics: one request, bounded in bytes and in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from espalier_sidecar.limits import HEAD, MIB, PIECE

SECONDS = 5.0
LARGEST = 1 * MIB
"""Of a body, so much is read and no more."""
ACCEPT = "text/plain;version=0.0.4"


class ScrapeFailed(Exception):
    """The trainer did not answer as it should."""


class NobodyListens(ScrapeFailed):
    """Nothing has the port: not yet, or no more."""


def scrape(port: int, path: str, feed: Callable[[bytes], None]) -> bool:
    """Ask once; give the body to `feed`, piece by piece.

    Parameters
    ----------
    port, path
        What to ask, on 127.0.0.1.
    feed
        Takes the pieces.

    Returns
    -------
    bool
        Whether the body was given to its end.

    Raises
    ------
    NobodyListens
        If no process has the port.
    ScrapeFailed
        If the answer is late, broken, or none of metrics.
    """
    where = f"127.0.0.1:{port}{path}"
    ends = time.monotonic() + SECONDS
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            # HTTP/1.0: the answer is in one piece, and ends with the connection.
            request = f"GET {path} HTTP/1.0\r\nHost: localhost:{port}\r\nAccept: {ACCEPT}\r\n\r\n"
            connection.sendall(request.encode())
            return _body(_Answer(connection, ends), where, feed)
    except ConnectionRefusedError as error:
        raise NobodyListens(f"nobody listens on port {port}") from error
    except TimeoutError as error:
        raise ScrapeFailed(f"{where} did not answer within {SECONDS:.0f} s") from error
    except OSError as error:
        raise ScrapeFailed(f"{where} could not be read: {error}") from error


class _Answer:
    """What comes over a connection, until a time."""

    def __init__(self, connection: socket.socket, ends: float) -> None:
        self._connection = connection
        self._ends = ends

    def read(self) -> bytes:
        """Return some of it, nothing at its end; raises `TimeoutError`."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv(PIECE)


def _body(answer: _Answer, where: str, feed: Callable[[bytes], None]) -> bool:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = answer.read()
        head += piece
        if not piece or (len(head) > HEAD and b"\r\n\r\n" not in head[:HEAD]):
            raise ScrapeFailed(f"{where}: expected HTTP; came {head[:60]!r}")
    head, _, piece = head.partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    said = {name.strip().lower(): value.strip() for name, _, value in map(_field, fields)}
    if status.split()[1:2] != [b"200"] or b"transfer-encoding" in said:
        raise ScrapeFailed(f"{where}: expected 200 and a body in one piece; came {status[:60]!r}")
    length = said.get(b"content-length", b"")
    expected = int(length[:20]) if length.isdigit() else None
    read = 0
    while True:
        piece = piece[: LARGEST - read]
        read += len(piece)
        feed(piece)
        if expected is not None and read >= expected:
            return True
        if read >= LARGEST:
            return False
        piece = answer.read()
        if not piece:
            if expected is not None:
                raise ScrapeFailed(f"{where}: expected {expected} bytes; came {read}")
            return True


def _field(line: bytes) -> tuple[bytes, bytes, bytes]:
    return line.partition(b":")
