"""Turns at something that only a few may do at the same time, the least rank first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class PriorityGate:
    """Lets so many in at a time; of those that wait, the one with the least rank is next.

    Parameters
    ----------
    most : int
        How many are let in.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._order = 0
        self._line: list[tuple[tuple[int, ...], int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, *rank: int) -> AsyncIterator[None]:
        """Wait for a turn, and hold it while the context lasts."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(rank)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, rank: tuple[int, ...]) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._line, (rank, self._order, called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._pass_on()  # It was called and left at the same moment.
            raise

    def _pass_on(self) -> None:
        while self._line:
            *_, called = heapq.heappop(self._line)
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
