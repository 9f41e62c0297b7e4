"""Whether a study's trials are like those of an earlier study, by what both have shown."""

from __future__ import annotations

from bisect import bisect_left
from math import inf, sqrt

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.auto.prior import EarlierStudy, Prior

DISAGREE_BEYOND = 1.63
"""Two samples of n and m disagree where their distributions are apart by more than this times
``sqrt(1 / n + 1 / m)``: so far apart are two samples of the same in one of a hundred cases
(Kolmogorov and Smirnov)."""


def distance(course: DenseRungs, earlier: EarlierStudy, rung: int) -> float:
    """Return how far apart the ranks of scores at a rung are in a study and in an earlier one.

    The largest difference, over scores, of the share of the trials that are better. Trials that
    were pruned before the rung are known to be worse than the others there, and no more: below
    the worst of those that reached it nothing is compared.
    """
    column, others = course.columns[rung], earlier.columns[rung]
    present, past = course.known(rung), earlier.known[rung]
    if not column or not others:
        return 0.0
    least = column[0][0] if course.dropped[rung] else -inf
    if past > earlier.reached[rung]:
        least = max(least, others[0])
    apart = 0.0
    for score in others[bisect_left(others, least) :]:
        better = course.better(rung, score) / present - earlier.better(rung, score) / past
        as_good = len(column) - bisect_left(column, (score, 0))
        at_least = as_good / present - earlier.at_least(rung, score) / past
        apart = max(apart, abs(better), abs(at_least))
    return apart


class Agreement:
    """Which earlier studies agree with the present one, taken anew where more has been seen.

    Parameters
    ----------
    course
        The present study's rungs.
    prior
        What the earlier ones have shown.
    """

    def __init__(self, course: DenseRungs, prior: Prior) -> None:
        self._course = course
        self._prior = prior
        size = len(course.steps)
        self._seen: list[tuple[int, int] | None] = [None] * size
        self._apart: list[tuple[bool, ...]] = [()] * size

    @staticmethod
    def of(ledger: Ledger, prior: Prior) -> Agreement:
        """Return the ledger's with a prior."""
        horizon = prior.horizon
        return ledger.derived(
            ("agreement", prior), lambda ledger: Agreement(DenseRungs.of(ledger, horizon), prior)
        )

    def at(self, rung: int) -> tuple[EarlierStudy, ...]:
        """Return the earlier studies that agree at a rung and at all before it."""
        for each in range(rung + 1):
            self._look(each)
        apart = [any(rungs) for rungs in zip(*self._apart[: rung + 1], strict=True)]
        studies = zip(self._prior.studies, apart, strict=True)
        return tuple(study for study, disagrees in studies if not disagrees)

    def _look(self, rung: int) -> None:
        seen = self._course.version[rung], self._course.dropped[rung]
        if self._seen[rung] != seen:
            self._seen[rung] = seen
            self._apart[rung] = tuple(self._disagrees(each, rung) for each in self._prior.studies)

    def _disagrees(self, earlier: EarlierStudy, rung: int) -> bool:
        present, past = self._course.known(rung), earlier.known[rung]
        if not present or not past:
            return False
        limit = DISAGREE_BEYOND * sqrt(1.0 / present + 1.0 / past)
        return distance(self._course, earlier, rung) > limit

    def on_append(self, curve: Curve) -> None:
        """The rungs know who has reached them."""

    def on_close(self, curve: Curve) -> None:
        """The rungs know who has ended."""

    def on_leave(self, curve: Curve) -> None:
        """The rungs know who has left."""
