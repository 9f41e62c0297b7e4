"""Scores in order, with the order statistics that pruners ask for."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import Any

from sortedcontainers import SortedList

# Below this size inserting into a plain list is the faster of the two (docs/explanation/
# pruning-engine.md has the measurement).
PLAIN_UP_TO = 30_000


class Ranking:
    """A multiset of scores, larger is better, in ascending order; NaN is only counted.

    Equal scores are interchangeable, so removal is exact whichever of them is taken.
    """

    __slots__ = ("nans", "scores")

    def __init__(self) -> None:
        self.scores: Any = []
        self.nans = 0

    def __len__(self) -> int:
        return len(self.scores)

    def add(self, score: float) -> None:
        """Add a score."""
        scores = self.scores
        if score != score:
            self.nans += 1
        elif type(scores) is list:
            insort(scores, score)
            if len(scores) > PLAIN_UP_TO:
                self.scores = SortedList(scores)
        else:
            scores.add(score)

    def remove(self, score: float) -> None:
        """Remove a score that was added."""
        scores = self.scores
        if score != score:
            self.nans -= 1
        elif type(scores) is list:
            del scores[bisect_left(scores, score)]
        else:
            scores.remove(score)

    def kth_best(self, k: int) -> float:
        """Give the k-th best score; 0 is the best."""
        return float(self.scores[len(self.scores) - 1 - k])

    def better_than(self, score: float) -> int:
        """Count the scores that are strictly better."""
        scores = self.scores
        if type(scores) is list:
            return len(scores) - bisect_right(scores, score)
        return len(scores) - int(scores.bisect_right(score))

    def quantile(self, q: float, without: float | None = None) -> float:
        """Give the q-quantile by linear interpolation, as numpy does; NaN of nothing.

        Parameters
        ----------
        q
            Between 0 (the worst score) and 1 (the best).
        without
            A score that is left out once, the asking trial's own.
        """
        scores: Sequence[float] = self.scores
        size = len(scores)
        hole = size
        if without is not None and without == without:
            hole = (
                bisect_left(scores, without)
                if type(scores) is list
                else int(self.scores.bisect_left(without))
            )
            size -= 1
        if size < 1:
            return math.nan
        position = (size - 1) * q
        low = int(position)
        below = scores[low if low < hole else low + 1]
        share = position - low
        if share == 0.0:
            return below
        low += 1
        return interpolate(below, scores[low if low < hole else low + 1], share)


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
