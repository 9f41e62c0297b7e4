"""Answers as they go over the wire: JSON, packed where that pays, and not sent twice."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from espalier.views.plain import View

PACKED_FROM = 2048
"""Bytes from which an answer is packed for who takes it so."""
MOST_KEPT = 64 * 1024 * 1024
"""Bytes of answers that are kept for the next who asks the same."""
_HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding, Authorization, X-Espalier-Authorization",
}


@dataclass(frozen=True, slots=True)
class Body:
    """What is answered, ready to be sent.

    Parameters
    ----------
    tag
        The ETag: the same as long as the answer is.
    plain
        The JSON.
    packed
        The same by gzip; None where it is short.
    """

    tag: str
    plain: bytes
    packed: bytes | None

    def __len__(self) -> int:
        """Return how many bytes it takes."""
        return len(self.plain) + len(self.packed or b"")


def tag_of(*parts: object) -> str:
    """Return the ETag of what these parts determine; a weak one, since packing changes bytes."""
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def body_of(view: View, tag: str) -> Body:
    """Return an answer as bytes; for a worker thread."""
    plain = json.dumps(view, separators=(",", ":"), allow_nan=False).encode()
    packed = gzip.compress(plain, 4, mtime=0) if len(plain) >= PACKED_FROM else None
    return Body(tag, plain, packed)


class Kept:
    """The newest answers, by their tags, within a bound of bytes; any thread may use it."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._bytes = 0
        self._bodies: OrderedDict[str, Body] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tag: str) -> Body | None:
        """Return an answer, None where it is not kept."""
        with self._lock:
            found = self._bodies.get(tag)
            if found is not None:
                self._bodies.move_to_end(tag)
            return found

    def put(self, body: Body) -> None:
        """Keep an answer; the one that was not asked for the longest goes first."""
        with self._lock:
            before = self._bodies.pop(body.tag, None)
            self._bytes += len(body) - (0 if before is None else len(before))
            self._bodies[body.tag] = body
            while self._bytes > self._most:
                self._bytes -= len(self._bodies.popitem(last=False)[1])


def has_it(request: web.Request, tag: str) -> bool:
    """Return whether who asks has the answer of this tag already."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or tag in [each.strip() for each in given.split(",")]


def respond(request: web.Request, body: Body) -> web.Response:
    """Return the response: 304 where who asks has it already."""
    headers = _HEADERS | {"ETag": body.tag}
    if has_it(request, body.tag):
        return web.Response(status=304, headers=headers)
    content = body.plain
    if body.packed is not None and takes_gzip(request):
        content, headers["Content-Encoding"] = body.packed, "gzip"
    return web.Response(body=content, content_type="application/json", headers=headers)


def takes_gzip(request: web.Request) -> bool:
    """Return whether who asks takes a packed answer."""
    for each in request.headers.get("Accept-Encoding", "").split(","):
        coding, _, weight = each.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def refuse(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return the response to what is not answered: a code for programs, and words."""
    body = json.dumps({"error": {"code": code, "message": message[:400]}}).encode()
    sent = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return web.Response(body=body, status=status, content_type="application/json", headers=sent)
