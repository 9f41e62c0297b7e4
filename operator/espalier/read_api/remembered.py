"""Answers of the API server that are believed for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """Asks once for what several want to know, and remembers the answer for a while.

    Parameters
    ----------
    seconds
        For how long an answer holds; 0: not at all.
    clock
        Seconds that never go back.
    most
        How many answers are remembered; the oldest goes first.
    """

    def __init__(
        self, seconds: Callable[[_T], float], clock: Callable[[], float], most: int
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._known: OrderedDict[Hashable, tuple[float, _T]] = OrderedDict()
        self._asking: dict[Hashable, asyncio.Task[_T]] = {}

    def __len__(self) -> int:
        """Return how many answers are remembered."""
        return len(self._known)

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Return the answer; `ask` is called where none is known, once for all who wait for it."""
        found = self._known.get(key)
        if found is not None and found[0] > self._clock():
            return found[1]
        task = self._asking.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._ask(key, ask))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._asked(key, done))
        # Who asked first may go away; the others still want to know.
        return await asyncio.shield(task)

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[_T]]) -> _T:
        answer = await ask()
        self._known.pop(key, None)
        self._known[key] = (self._clock() + self._seconds(answer), answer)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return answer

    def _asked(self, key: Hashable, done: asyncio.Task[_T]) -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # Whoever asked may be gone; that is no error of ours.
