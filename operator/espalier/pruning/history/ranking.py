"""Scores in order, with the order statistics that pruners ask for."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence

from sortedcontainers import SortedList

PLAIN_UP_TO = 30_000
"""Scores up to which inserting into an array is faster than into a sorted list; measured in
docs/explanation/pruning-engine.md."""


class Ranking:
    """A multiset of scores, larger is better, in ascending order; NaN is only counted.

    Equal scores are interchangeable, so removal is exact whichever of them is taken.

    Parameters
    ----------
    scores
        What it holds to begin with.
    """

    __slots__ = ("nans", "scores")

    def __init__(self, scores: Iterable[float] = ()) -> None:
        given = list(scores)
        known = [score for score in given if not math.isnan(score)]
        self.nans = len(given) - len(known)
        self.scores: array[float] | SortedList = array("d", sorted(known))
        self._grown()

    def __len__(self) -> int:
        return len(self.scores)

    def add(self, score: float) -> None:
        """Add a score."""
        scores = self.scores
        if score != score:
            self.nans += 1
        elif isinstance(scores, array):
            insort(scores, score)
            self._grown()
        else:
            scores.add(score)

    def remove(self, score: float) -> None:
        """Remove a score that was added."""
        scores = self.scores
        if score != score:
            self.nans -= 1
        elif isinstance(scores, array):
            del scores[bisect_left(scores, score)]
        else:
            scores.remove(score)

    def kth_best(self, k: int) -> float:
        """Return the k-th best score; 0 is the best."""
        return float(self.scores[len(self.scores) - 1 - k])

    def better_than(self, score: float) -> int:
        """Count the scores that are strictly better."""
        scores = self.scores
        if isinstance(scores, array):
            return len(scores) - bisect_right(scores, score)
        return len(scores) - int(scores.bisect_right(score))

    def quantile(self, q: float, without: float | None = None) -> float:
        """Return the q-quantile by linear interpolation, as numpy does; NaN of nothing.

        Parameters
        ----------
        q
            Between 0 (the worst score) and 1 (the best).
        without
            A score that is left out once, the asking trial's own.
        """
        size = counted(len(self.scores), without)
        if size < 1:
            return math.nan
        position = (size - 1) * q
        low = int(position)
        return between(self.scores, low, position - low, without)

    def _grown(self) -> None:
        if len(self.scores) > PLAIN_UP_TO:
            self.scores = SortedList(self.scores)


def counted(size: int, without: float | None) -> int:
    """Count the scores without the one that is left out; NaN is not among them."""
    return size - (without is not None and without == without)


def between(scores: Sequence[float], low: int, share: float, without: float | None) -> float:
    """Interpolate between the scores at a place and the next, one of all scores left out.

    The place of the score that is left out need not be looked for: the two differ from those of
    all scores only where it is not above them.
    """
    below = scores[low]
    passed = without is not None and without <= below
    if passed:
        low += 1
        below = scores[low]
    if share == 0.0:
        return below
    above = scores[low + 1]
    if not passed and without is not None and without <= above:
        above = scores[low + 2]
    return interpolate(below, above, share)


def interpolate(below: float, above: float, share: float) -> float:
    """Interpolate as numpy's linear method does, and without overflow or NaN at infinities."""
    if below == above or below == -math.inf:
        return below
    width = above - below
    if width == math.inf:
        return above if above == math.inf else below * (1.0 - share) + above * share
    if share >= 0.5:
        return above - width * (1.0 - share)
    return below + width * share
