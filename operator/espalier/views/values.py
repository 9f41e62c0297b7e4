"""What trials have reported, in columns: there may be millions of values."""

from __future__ import annotations

import math
from array import array

from espalier.pruning import Direction


class Values:
    """A trial's values of the objective, as they arrived.

    Attributes
    ----------
    attempts, steps, values, at, seqs
        Columns of the same length: the attempt, the step, the value in the user's sign (NaN where
        training diverged), when it arrived in seconds since the epoch, and its place in the order
        of arrivals.
    ascending : bool
        Whether each value was of a higher step than those before it, as they usually are.
    """

    __slots__ = ("ascending", "at", "attempts", "seqs", "steps", "values")

    def __init__(self) -> None:
        self.attempts = array("q")
        self.steps = array("q")
        self.values = array("d")
        self.at = array("d")
        self.seqs = array("q")
        self.ascending = True

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self.steps)

    def take(self, attempt: int, step: int, value: float, at: float, seq: int) -> None:
        """Take in the next value."""
        self.ascending = self.ascending and (not self.steps or step > self.steps[-1])
        self.attempts.append(attempt)
        self.steps.append(step)
        self.values.append(value)
        self.at.append(at)
        self.seqs.append(seq)

    def latest(self) -> int | None:
        """Return the place of the highest step; the first value that came for it stands."""
        if not self.steps:
            return None
        return max(range(len(self.steps)), key=lambda place: (self.steps[place], -place))

    def best(self, direction: Direction) -> int | None:
        """Return the place of the best finite value, the earliest where several are as good."""
        finite = [place for place, value in enumerate(self.values) if math.isfinite(value)]
        score = direction.score
        return max(finite, key=lambda place: (score(self.values[place]), -place), default=None)

    def curve(self) -> tuple[list[int], list[float]]:
        """Return steps, ascending, and the value that came first for each of them."""
        first: dict[int, float] = {}
        for step, value in zip(self.steps, self.values, strict=True):
            first.setdefault(step, value)
        steps = sorted(first)
        return steps, [first[step] for step in steps]
