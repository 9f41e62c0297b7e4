"""How many connections there may be, and how long one may be silent.

A client that opens connections and sends its headers byte by byte costs a file descriptor and some
memory each; aiohttp limits the time between requests only where nothing of the next one has come.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler


class Connections(web.Server):
    """An aiohttp server that bounds its connections.

    Parameters
    ----------
    handler : callable
        Answers a request.
    most, most_a_peer : int
        Connections in all, and from one address.
    silence_seconds : float
        A connection on which no request has been completed for so long is closed.
    options
        Of `aiohttp.web.Server`.
    """

    def __init__(
        self,
        handler: Any,
        *,
        most: int,
        most_a_peer: int,
        silence_seconds: float,
        **options: Any,
    ) -> None:
        super().__init__(handler, **options)
        self._most, self._most_a_peer = most, most_a_peer
        self._silence = silence_seconds
        self._peers: Counter[str] = Counter()
        self._since: dict[RequestHandler, float] = {}
        self._open: dict[RequestHandler, tuple[asyncio.Transport, str]] = {}

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Take a connection, or cut it off if there are too many."""
        super().connection_made(handler, transport)
        peer = peer_of(transport)
        self._open[handler] = (transport, peer)
        self._since[handler] = self._loop.time()
        self._peers[peer] += 1
        if len(self._open) > self._most or self._peers[peer] > self._most_a_peer:
            transport.abort()

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        super().connection_lost(handler, exc)
        found = self._open.pop(handler, None)
        self._since.pop(handler, None)
        if found is not None:
            self._peers[found[1]] -= 1
            if not self._peers[found[1]]:
                del self._peers[found[1]]

    def busy(self, handler: Any) -> None:
        """A request has come whole enough to be handled: its handler bounds the time."""
        if handler in self._since:
            self._since[handler] = math.inf

    def idle(self, handler: Any) -> None:
        """The request is answered."""
        if handler in self._since:
            self._since[handler] = self._loop.time()

    async def sweep(self) -> None:
        """Close silent connections, for ever."""
        while True:
            await asyncio.sleep(self._silence / 4)
            oldest = self._loop.time() - self._silence
            for handler in [each for each, since in self._since.items() if since < oldest]:
                self._open[handler][0].abort()


def peer_of(transport: asyncio.BaseTransport | None) -> str:
    """Return the address of the other side."""
    peer = None if transport is None else transport.get_extra_info("peername")
    return str(peer[0]) if peer else "unknown"
