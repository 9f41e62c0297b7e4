"""Which way a metric is better."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Whether larger or smaller values of the metric are better.

    Whoever compares values asks here: nobody else knows which way is up.
    """

    MAXIMIZE = "Maximize"
    MINIMIZE = "Minimize"

    @property
    def sign(self) -> float:
        """Factor from the user's value to a score, of which larger is better, and back."""
        return 1.0 if self is Direction.MAXIMIZE else -1.0

    def better(self, value: float, other: float) -> bool:
        """Whether a value is better than another one, both in the user's sign; NaN is neither."""
        return value > other if self is Direction.MAXIMIZE else value < other

    def score(self, value: float) -> float:
        """Return a value as a score, of which larger is better; a score as a value."""
        # Adding zero turns a negative zero into zero: equal scores have equal bits.
        return value * self.sign + 0.0
