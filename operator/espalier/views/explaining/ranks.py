"""Which place a trial had at each of its steps, among those that had come so far by then."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from espalier.pruning import Direction, is_repeat
from espalier.views.gathered import Gathered
from espalier.views.plain import View
from espalier.views.values import TrialValues

MOST_COMPARED = 2_000_000
"""So many values of others are looked at for one trial; of a larger study it is the newest steps
that have a place."""

Moment = tuple[int, int]
"""A step, and the place in the log at which it is looked at."""


class Past:
    """What a trial had reported by a place in the log that only moves on.

    Parameters
    ----------
    values
        The trial's.
    """

    def __init__(self, values: TrialValues) -> None:
        self._values = values
        self._taken = 0
        self._steps: list[int] = []
        self._known: list[float] = []

    def at(self, step: int, seq: int) -> float | None:
        """Return its value at a step, or the latest before it; None if it was not reached.

        Of several values of one step the first stands.
        """
        values = self._values
        if values.ascending:
            known = bisect_right(values.seqs, seq)
            return _at(values.steps, values.values, step, known)
        while self._taken < len(values) and values.seqs[self._taken] <= seq:
            self._take(values.steps[self._taken], values.values[self._taken])
            self._taken += 1
        return _at(self._steps, self._known, step, len(self._steps))

    def _take(self, step: int, value: float) -> None:
        place = bisect_left(self._steps, step)
        if place == len(self._steps) or self._steps[place] != step:
            self._steps.insert(place, step)
            self._known.insert(place, value)


def _at(steps: Sequence[int], values: Sequence[float], step: int, known: int) -> float | None:
    """Return the value at a step, or before it, among the first so many, whose steps ascend."""
    if not known or steps[known - 1] < step:
        return None
    place = bisect_right(steps, step, 0, known)
    return values[place - 1] if place else None


def ranks_along(gathered: Gathered, number: int, moments: Sequence[Moment]) -> list[View | None]:
    """Return a trial's rank at each of its steps, 1 is best, and among how many; ties share one.

    What is ranked is the value at the step, or the latest before it, of all trials that had
    reached the step by then. One that is no number is the worst; finalists' repeats are left out.

    Parameters
    ----------
    moments
        The trial's steps, in the order of the log.
    """
    own = gathered.values.get(number)
    if own is None:
        return [None for _ in moments]
    past, direction = Past(own), gathered.study.terms.direction
    owned = [past.at(*moment) for moment in moments]
    skipped = max(0, len(moments) - max(1, MOST_COMPARED // max(1, len(gathered.values))))
    known, better = [0] * len(moments), [0] * len(moments)
    for other, values in gathered.values.items():
        if is_repeat(other):
            continue
        past = Past(values)
        for place in range(skipped, len(moments)):
            value, mine = past.at(*moments[place]), owned[place]
            if value is not None and mine is not None:
                known[place] += 1
                better[place] += height(value, direction) > height(mine, direction)
    return [
        None if mine is None or place < skipped else {"rank": better[place] + 1, "of": known[place]}
        for place, mine in enumerate(owned)
    ]


def height(value: float, direction: Direction) -> float:
    """Return how good a value is: larger is better, and what is no number is the worst."""
    return -math.inf if math.isnan(value) else direction.score(value)
