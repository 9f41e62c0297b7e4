"""Which way a metric is better."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Whether larger or smaller values of the metric are better."""

    MAXIMIZE = "Maximize"
    MINIMIZE = "Minimize"

    @property
    def sign(self) -> float:
        """Factor from the user's value to a score, of which larger is better, and back."""
        return 1.0 if self is Direction.MAXIMIZE else -1.0
