"""What each trial reports, and which of them a Median pruner must prune: both known beforehand."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

WARM_UP = 5
"""Steps in which nothing is pruned."""


@dataclass(frozen=True)
class Curves:
    """Curves that rise alike; some stand still from a step on, and fall below the median there.

    Parameters
    ----------
    steps
        Values of a trial that runs to its end.
    pruned_percent
        Share of the trials that stand still.
    """

    steps: int
    pruned_percent: float = 0.0

    def value(self, number: int, step: int) -> float:
        """Return what a trial reports at a step, from 1 on."""
        last = self.last_rise(number)
        reached = step if last is None else min(step, last)
        return round(1.0 - math.exp(-3.0 * reached / self.steps), 9)

    def last_rise(self, number: int) -> int | None:
        """Return the step from which a trial stands still; None if it never does."""
        digest = hashlib.blake2b(str(number).encode(), digest_size=8).digest()
        drawn = int.from_bytes(digest[:4], "big") / 2**32
        if self.steps <= WARM_UP + 1 or drawn >= self.pruned_percent / 100:
            return None
        return WARM_UP + int.from_bytes(digest[4:], "big") % (self.steps - WARM_UP)

    def pruned_at(self, number: int) -> int | None:
        """Return the step at which a trial is worse than the median of those that go on."""
        last = self.last_rise(number)
        return None if last is None else last + 1
