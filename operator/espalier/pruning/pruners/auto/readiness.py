"""Whether anybody has learnt anything yet, so that ranks are more than accidents."""

from __future__ import annotations

from math import isfinite

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.auto.leaders import FEWEST_ENDED_TRIALS

APART_BELOW = 0.3
"""At a rung where the spread of the trials is below this share of what it is at their end, they
are not apart yet. On recorded tasks it is above 0.7 at all rungs, but where all of them stand still
until a jump."""
MOST_ALLOWANCE = 2.0
"""By so much the limit is raised at most."""
MOST_COMPARED = 32
"""So many of the completed trials, spread evenly over their ranks, tell."""


def spread_at(course: DenseRungs, rung: int) -> float:
    """Return the spread at a rung of the trials that have completed, as a share of that at the end.

    The spread is that of the best from the median, of the same trials at both. 1 before three have
    completed, and where they end alike.
    """
    ended = course.columns[-1]
    count = min(len(ended), MOST_COMPARED)
    told = []
    for place in range(count):
        last, trial = ended[-1 - place * len(ended) // count]
        scores = course.scores[trial]
        if rung < len(scores) and isfinite(scores[rung]) and isfinite(last):
            told.append((scores[rung], last))
    if len(told) < FEWEST_ENDED_TRIALS:
        return 1.0
    there, ends = (_best_from_median([pair[at] for pair in told]) for at in (0, 1))
    share = there / ends if ends > 0.0 else 1.0
    return share if isfinite(share) else 1.0


class Spreads:
    """The spread at each rung, taken anew where another trial has completed since."""

    def __init__(self, course: DenseRungs) -> None:
        self._course = course
        self._version = -1
        self._told: dict[int, float] = {}

    @staticmethod
    def of(ledger: Ledger, horizon: int) -> Spreads:
        """Return the ledger's, up to this horizon."""
        return ledger.derived(
            ("spreads", horizon), lambda ledger: Spreads(DenseRungs.of(ledger, horizon))
        )

    def at(self, rung: int) -> float:
        """Return `spread_at` a rung."""
        if self._version != self._course.version[-1]:
            self._version = self._course.version[-1]
            self._told.clear()
        if rung not in self._told:
            self._told[rung] = spread_at(self._course, rung)
        return self._told[rung]

    def on_append(self, curve: Curve) -> None:
        """Trials that go on are not compared."""

    def on_close(self, curve: Curve) -> None:
        """The rungs know who has completed."""

    def on_leave(self, curve: Curve) -> None:
        """The rungs know who has left."""


def allowance(spread: float) -> float:
    """Return what the limit is multiplied by at a rung where the spread is such a share."""
    if spread >= APART_BELOW:
        return 1.0
    return min(MOST_ALLOWANCE, APART_BELOW / spread) if spread > 0.0 else MOST_ALLOWANCE


def _best_from_median(scores: list[float]) -> float:
    ordered = sorted(scores)
    return ordered[-1] - ordered[len(ordered) // 2]
