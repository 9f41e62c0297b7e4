"""What trials have reported, in columns: there may be millions of values."""

from __future__ import annotations

import math
from array import array

from espalier.pruning import Direction


class Values:
    """A trial's values of the objective, as they arrived.

    Attributes
    ----------
    attempts, steps, values, at
        Columns of the same length: the attempt, the step, the value in the user's sign (NaN where
        training diverged), and when it arrived in seconds since the epoch.
    """

    __slots__ = ("at", "attempts", "steps", "values")

    def __init__(self) -> None:
        self.attempts = array("i")
        self.steps = array("q")
        self.values = array("d")
        self.at = array("d")

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self.steps)

    def take(self, attempt: int, step: int, value: float, at: float) -> None:
        """Take in the next value."""
        self.attempts.append(attempt)
        self.steps.append(step)
        self.values.append(value)
        self.at.append(at)

    def latest(self) -> int | None:
        """Return the place of the highest step; the first value that came for it stands."""
        return self.steps.index(max(self.steps)) if self.steps else None

    def best(self, direction: Direction) -> int | None:
        """Return the place of the best finite value, the earliest where several are as good."""
        finite = filter(math.isfinite, self.values)
        best = max(finite, key=direction.score, default=None)
        return None if best is None else self.values.index(best)

    def curve(self) -> tuple[list[int], list[float]]:
        """Return steps, ascending, and the value that came first for each of them."""
        first: dict[int, float] = {}
        for step, value in zip(self.steps, self.values, strict=True):
            first.setdefault(step, value)
        steps = sorted(first)
        return steps, [first[step] for step in steps]
