"""The body of a request, piece by piece, however long it is and however it is framed."""

from __future__ import annotations

from collections.abc import Iterator

from espalier_sidecar.collectors.call import Call
from espalier_sidecar.limits import PIECE

_LONGEST_LINE = 1024
"""Of a chunk's head, or of a trailer."""


class Unfinished(Exception):
    """The trainer hung up, or sent what is no body; no answer reaches it."""


def is_chunked(call: Call) -> bool:
    """Tell whether the body comes in chunks, without a length before it."""
    return "chunked" in (call.headers.get("Transfer-Encoding") or "").lower()


def pieces_of(call: Call) -> Iterator[bytes]:
    """Iterate over pieces of the body; all of them must be taken before the answer.

    Raises
    ------
    Unfinished
        If the body does not come to its end.
    """
    if is_chunked(call):
        while length := _chunk_length(call):
            yield from _exactly(call, length)
            _line(call)
        while _line(call):
            pass
        return
    text = (call.headers.get("Content-Length") or "0").strip()
    if not (text.isascii() and text.isdigit()):
        raise Unfinished
    yield from _exactly(call, int(text[:20]))


def _exactly(call: Call, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = call.rfile.read1(min(PIECE, length))
        if not piece:
            raise Unfinished
        length -= len(piece)
        yield piece


def _chunk_length(call: Call) -> int:
    size = _line(call).split(b";")[0].strip()
    try:
        return int(size, 16)
    except ValueError:
        raise Unfinished from None


def _line(call: Call) -> bytes:
    # One byte at a time, out of the connection's buffer: `readline` counts as a request's head.
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = call.rfile.read1(1)
        if not byte or len(line) > _LONGEST_LINE:
            raise Unfinished
        line += byte
    return bytes(line.rstrip(b"\r\n"))
