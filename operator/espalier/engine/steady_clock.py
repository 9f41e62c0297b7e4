"""A clock that tells the time of day and never jumps, whatever is done to the machine's."""

from __future__ import annotations

import time
from collections.abc import Callable


class SteadyClock:
    """Seconds since the epoch: the wall clock's when it was made, then the monotonic clock's.

    The wall clock is set by people and by NTP: an hour forward would end trials by their time
    limit, an hour back would keep what waits waiting. Differences of this clock's times are
    durations; beside other clocks' times it is as right as the wall clock was at the start.

    Parameters
    ----------
    wall : callable
        Seconds since the epoch; may jump.
    monotonic : callable
        Seconds that go on evenly.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._start = wall() - monotonic()

    def __call__(self) -> float:
        """Return the seconds since the epoch."""
        return self._start + self._monotonic()

    def jumped_back(self) -> float:
        """Return by how many seconds the wall clock has jumped back; negative where forward."""
        return self() - self._wall()
