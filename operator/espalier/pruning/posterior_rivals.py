"""The running trials of a study, and which of them will end best."""

from __future__ import annotations

from math import isfinite, nan

import numpy as np

from espalier.pruning.course import Course
from espalier.pruning.curve import Curve
from espalier.pruning.ledger import Ledger
from espalier.pruning.posterior_regression import Reach, Regressions


class Rivals:
    """The running trials that reached a rung: which, and with what scores, in arrays.

    A decision compares the forecasts of all of them, so that they lie ready to be computed at
    once. Their order in the arrays is that of arrival, and nothing depends on it.

    Attributes
    ----------
    course, regressions
        What the trials' scores and their forecasts are taken from.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self.regressions = Regressions(course)
        self._place: dict[int, int] = {}
        self._numbers = np.zeros(16, dtype=np.int64)
        self._rungs = np.zeros(16, dtype=np.intp)
        # Per trial its score at its last rung, and at the one before.
        self._scores = np.zeros((2, 16))
        self._reaches: list[Reach] = []
        self._table = np.zeros((5, 1))

    @staticmethod
    def of(ledger: Ledger, horizon: int) -> Rivals:
        """Give the ledger's rivals on the way to this horizon."""
        return ledger.derived(
            ("rivals", horizon), lambda ledger: Rivals(Course.of(ledger, horizon))
        )

    def best(self, reaches: list[Reach], without: int, most: int) -> list[int]:
        """Give the trials with the best expected final scores, of equals the first by number.

        Parameters
        ----------
        reaches
            The distribution of the final score from each rung.
        without
            A trial that is left out, the asking one.
        most
            How many are wanted.
        """
        if reaches is not self._reaches:
            self._reaches, self._table = reaches, np.array([_terms(reach) for reach in reaches]).T
        size = len(self._place)
        score, before = self._scores[:, :size]
        bias, level, slope, limit, least = self._table[:, self._rungs[:size]]
        gain = np.minimum(limit, np.maximum(least, score - before))
        behind = bias + level * score + slope * gain
        behind[np.isinf(behind)] = nan
        if without in self._place:
            behind[self._place[without]] = nan
        # Partitioning leaves NaN last.
        most = min(most, size)
        bound = np.partition(behind, most - 1)[most - 1] if most else nan
        near = np.flatnonzero(behind <= bound if bound == bound else behind == behind)
        found = sorted(zip(behind[near].tolist(), self._numbers[near].tolist(), strict=True))
        return [trial for _, trial in found[:most]]

    def on_append(self, curve: Curve) -> None:
        """Take in that a trial reached a rung."""
        known = self.course.scores.get(curve.number)
        if not known or curve.left:
            return
        rung = len(known) - 1
        place = self._place.get(curve.number)
        if place is None:
            place = self._place[curve.number] = len(self._place)
            if place == len(self._numbers):
                self._grow()
            self._numbers[place] = curve.number
        elif self._rungs[place] == rung:
            return
        self._rungs[place] = rung
        self._scores[:, place] = known[-1], known[-2] if rung else known[-1]

    def on_close(self, curve: Curve) -> None:
        """Take out a trial that ended."""
        place = self._place.pop(curve.number, None)
        if place is None:
            return
        last = len(self._place)
        if place != last:
            moved = int(self._numbers[last])
            self._place[moved] = place
            self._numbers[place] = moved
            self._rungs[place] = self._rungs[last]
            self._scores[:, place] = self._scores[:, last]

    def on_leave(self, curve: Curve) -> None:
        """Take out a trial that left the window."""
        self.on_close(curve)

    def _grow(self) -> None:
        size = len(self._numbers)
        self._numbers = np.append(self._numbers, np.zeros(size, dtype=np.int64))
        self._rungs = np.append(self._rungs, np.zeros(size, dtype=np.intp))
        self._scores = np.append(self._scores, np.zeros((2, size)), axis=1)


def _terms(reach: Reach) -> tuple[float, float, float, float, float]:
    """Give the terms of the negated mean, NaN where nothing can be said, and the slope's limits."""
    bias = -reach.bias if isfinite(reach.variance) else nan
    return bias, -reach.level, -reach.slope, reach.limit, -reach.limit
