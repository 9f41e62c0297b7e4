"""A clock that tells the time of day and never jumps, whatever is done to the machine's."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_LOG = logging.getLogger(__name__)

_TOLD = 60.0
"""Seconds by which the wall clock may be set without a word."""


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
        self._told = 0.0

    def __call__(self) -> float:
        """Return the seconds since the epoch."""
        return self._start + self._monotonic()

    def tell_jump(self) -> None:
        """Log once that the wall clock was set: the times that are shown differ from its own."""
        jump = self._wall() - self()
        if abs(jump - self._told) > _TOLD:
            self._told = jump
            _LOG.warning(
                "the machine's clock was set by %+.0f s since the operator started; durations are "
                "not measured by it, and its new time is shown once the operator starts again",
                jump,
            )
