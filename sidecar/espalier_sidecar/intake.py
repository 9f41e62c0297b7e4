"""From the collectors into the spool."""

from __future__ import annotations

import time
from collections.abc import Sequence

from espalier_sidecar.collectors.base import Collector, Served
from espalier_sidecar.errors import SpoolFull
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.spool import Spool

NEWEST_SECONDS = 0.2


class Intake:
    """Polls all collectors, each in its share of the time.

    Parameters
    ----------
    collectors
        At least one.
    spool
        Where the values that they find are kept.
    """

    def __init__(self, collectors: Sequence[Collector], spool: Spool) -> None:
        self._collectors = collectors
        self._spool = spool

    def poll(self, seconds: float, last: bool = False) -> bool:
        """Take what is new, in so many seconds; True if there may be more.

        What one has left of its share is the others' after it.
        """
        share, ends = seconds / len(self._collectors), time.monotonic() + seconds
        more = []
        for index, collector in enumerate(self._collectors):
            now = time.monotonic()
            left = (ends - now) / (len(self._collectors) - index)
            more.append(take(collector, self._spool, now + max(share, left), last))
        return any(more)

    def finish(self, seconds: float) -> None:
        """Take what is left; where that is too much for the time, at least the newest."""
        if self.poll(seconds, last=True):
            for collector in self._collectors:
                collector.skip()
            self.poll(NEWEST_SECONDS, last=True)

    def bad(self) -> int:
        """Return how many lines, or whatever is read, could not be used."""
        return sum(collector.health().bad for collector in self._collectors)

    def served(self) -> list[Served]:
        """Return the collectors that the trainer talks to."""
        return [each for each in self._collectors if isinstance(each, Served)]

    def close(self) -> None:
        """Let the collectors go."""
        for collector in self._collectors:
            collector.close()


def take(collector: Collector, spool: Spool, until: float, last: bool = False) -> bool:
    """Spool what a collector finds until the monotonic clock says `until`; True if there is more.

    It is polled once at least.
    """
    more = _take_some(collector, spool, until, last)
    while more and time.monotonic() < until:
        more = _take_some(collector, spool, until, last)
    collector.kept()
    return more


def _take_some(collector: Collector, spool: Spool, until: float, last: bool) -> bool:
    # In a function of its own: what was spooled is freed before more is read.
    reports, more = collector.poll(until, last)
    try:
        if reports:
            spool.append(reports)
    except SpoolFull as error:
        log_line_limited("full", f"a value was lost; the volume is full: {error}")
    return more
