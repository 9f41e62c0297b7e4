"""A study's whole log as a stream of JSON lines, in bounded memory."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from espalier.read_api.answers import takes_gzip
from espalier.read_api.callers import TooMany
from espalier.study_log.log import Log
from espalier.study_log.write_lines import lines

_LOG = logging.getLogger(__name__)
MOST, MOST_A_CALLER = 4, 2
"""Logs that are sent at once, and those to one person: each holds a study's trials in memory."""
CHUNK = 256 * 1024
"""Bytes that are made at once. Who takes them slowly holds those and no transaction."""
SLOW_SECONDS = 60.0
"""Who takes nothing for so long is given up."""
Run = Callable[[Callable[[], "bytes | None"]], Awaitable["bytes | None"]]
"""Does work in a thread."""


class Logs:
    """The logs that are sent at present.

    Parameters
    ----------
    run
        Does work in a thread.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._open: Counter[str] = Counter()

    async def serve(
        self, request: web.Request, user: str, read: Callable[[], Log], name: str
    ) -> web.StreamResponse:
        """Send a log.

        Parameters
        ----------
        read
            Begins to read it; for a worker thread.
        name
            What a browser calls the file.

        Raises
        ------
        TooMany
            If too many are sent already.
        RetryLater
            If the store does not answer; once it has begun, the stream breaks off instead.
        """
        packed = takes_gzip(request)
        with self._counted(user):
            chunks = _chunks(read, packed=packed)
            chunk = await self._run(lambda: next(chunks, None))
            response = web.StreamResponse(headers=_headers(name, packed=packed))
            response.content_type = "application/x-ndjson"
            response.enable_chunked_encoding()
            await response.prepare(request)
            try:
                while chunk is not None:
                    async with asyncio.timeout(SLOW_SECONDS):
                        await response.write(chunk)
                    chunk = await self._run(lambda: next(chunks, None))
            except Exception as error:
                # Without its last chunk the stream is known to be cut, and is taken for no log.
                if not isinstance(error, (ConnectionError, TimeoutError)):
                    _LOG.warning("the log of %s could not be sent whole: %s", name, error)
                if request.transport is not None:
                    request.transport.abort()
                raise ConnectionResetError("the log was cut") from error
            await response.write_eof()
            return response

    @contextmanager
    def _counted(self, user: str) -> Iterator[None]:
        if self._open[user] >= MOST_A_CALLER or self._open.total() >= MOST:
            raise TooMany("too many logs are being sent; send again", after=10)
        self._open[user] += 1
        try:
            yield
        finally:
            self._open[user] -= 1
            if not self._open[user]:
                del self._open[user]


def _headers(name: str, *, packed: bool) -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{name}.jsonl"',
        **({"Content-Encoding": "gzip"} if packed else {}),
    }


def _chunks(read: Callable[[], Log], *, packed: bool) -> Iterator[bytes]:
    """Yield the lines of a log, many at once."""
    packing = zlib.compressobj(4, zlib.DEFLATED, 31) if packed else None
    made = bytearray()
    for line in lines(read()):
        encoded = f"{line}\n".encode()
        made += encoded if packing is None else packing.compress(encoded)
        if len(made) >= CHUNK:
            yield bytes(made)
            made.clear()
    if packing is not None:
        made += packing.flush()
    if made:
        yield bytes(made)
