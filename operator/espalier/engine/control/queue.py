"""A level-triggered queue of keys: it knows that something about a key changed, never what."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

FIRST_DELAY = 0.2
LAST_DELAY = 60.0
MARKED_DELAY = 2.0


class DirtyQueue(Generic[Key]):
    """Keys that wait to be worked on, each once, in the order in which they became due.

    A key that is marked while it is worked on is handed out once more afterwards; nothing is
    worked on twice at the same time. Not thread-safe: other threads go through
    ``loop.call_soon_threadsafe``.

    Parameters
    ----------
    clock
        Seconds of a clock that never goes back.
    jitter
        Returns a number of [0, 1): spreads the retries of keys that failed together.
    """

    def __init__(
        self, clock: Callable[[], float], jitter: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._due: OrderedDict[Key, float] = OrderedDict()
        self._later: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._order = 0
        self._busy: set[Key] = set()
        self._again: dict[Key, float] = {}
        self._failures: dict[Key, int] = {}
        self._wakeup = asyncio.Event()
        self.taken = 0
        """How many keys have been taken so far."""

    def mark(self, key: Key) -> None:
        """Have a key worked on as soon as possible."""
        if key in self._busy:
            self._again.setdefault(key, self._clock())
            return
        self._later.pop(key, None)
        if key not in self._due:
            self._due[key] = self._clock()
            self._wakeup.set()

    def hasten(self, key: Key) -> None:
        """Have a key worked on before all others that wait."""
        self.mark(key)
        if key in self._due:
            self._due.move_to_end(key, last=False)

    def mark_in(self, key: Key, delay: float) -> None:
        """Have a key worked on after a delay, or sooner if it is marked before."""
        if delay <= 0:
            self.mark(key)
            return
        at = self._clock() + delay
        if key in self._due or self._later.get(key, at + 1) <= at:
            return
        self._later[key] = at
        self._order += 1
        heapq.heappush(self._heap, (at, self._order, key))
        self._wakeup.set()

    async def take(self) -> Key:
        """Wait for a key that is due, and take it; `done` or `failed` gives it back."""
        while True:
            self._promote()
            if self._due:
                key, _ = self._due.popitem(last=False)
                self._busy.add(key)
                self.taken += 1
                return key
            self._wakeup.clear()
            timer = None
            if self._heap:
                delay = max(0.0, self._heap[0][0] - self._clock())
                timer = asyncio.get_running_loop().call_later(delay, self._wakeup.set)
            try:
                # Not wait_for: until Python 3.12 it may lose a cancellation.
                await self._wakeup.wait()
            finally:
                if timer is not None:
                    timer.cancel()

    def done(self, key: Key) -> None:
        """Give a key back that was worked on with success."""
        self._failures.pop(key, None)
        self._release(key)

    def failed(self, key: Key, after: float | None = None, within: float | None = None) -> float:
        """Give a key back to be tried again later, each time later; return the delay.

        A time that was set for it by `mark_in` stays. One that was marked meanwhile waits no
        longer than ``MARKED_DELAY``, unless the other side said so: something has changed.

        Parameters
        ----------
        key
            What was taken.
        after, within
            Seconds to wait at least and, but for the jitter, at most; nothing if not known.
        """
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        last = LAST_DELAY if within is None else within
        delay: float = min(last, FIRST_DELAY * 2 ** min(count, 20))
        delay *= 0.75 + 0.5 * self._jitter()
        if self._again.pop(key, None) is not None:
            delay = min(delay, MARKED_DELAY)
        delay = max(delay, after or 0.0)
        self._busy.discard(key)
        self.mark_in(key, delay)
        return delay

    def forget(self, key: Key) -> None:
        """Drop all that is known of a key that is gone for good."""
        self._failures.pop(key, None)
        self._later.pop(key, None)

    @property
    def depth(self) -> int:
        """How many keys are due and not being worked on."""
        self._promote()
        return len(self._due)

    def oldest_age(self) -> float:
        """Return how long the key has waited that became due first."""
        self._promote()
        first = min(self._due.values(), default=None)
        return 0.0 if first is None else max(0.0, self._clock() - first)

    def _release(self, key: Key) -> None:
        self._busy.discard(key)
        if (since := self._again.pop(key, None)) is not None:
            self._later.pop(key, None)
            self._due.setdefault(key, since)
            self._wakeup.set()

    def _promote(self) -> None:
        """Move what has become due from the heap to the line."""
        now = self._clock()
        while self._heap and self._heap[0][0] <= now:
            at, _, key = heapq.heappop(self._heap)
            if self._later.get(key) == at:
                del self._later[key]
                self.mark(key)
