"""A trial's values as they must be known to tell a repeat from a contradiction, in little room."""

from __future__ import annotations

from array import array
from bisect import bisect_left


class KnownValues:
    """Values by attempt, metric and step, at some 18 bytes each.

    Each metric of an attempt has its steps in ascending order, in which most of them come: one
    that comes later is put in its place, which moves at most as many bytes as there are values.
    """

    __slots__ = ("_series",)

    def __init__(self) -> None:
        self._series: dict[tuple[int, str], tuple[array[int], array[float]]] = {}

    def at(self, attempt: int, metric: str, step: int) -> float | None:
        """Return a value, None where there is none; NaN where training diverged."""
        series = self._series.get((attempt, metric))
        if series is None:
            return None
        steps, values = series
        if step > steps[-1]:
            return None
        place = bisect_left(steps, step)
        return values[place] if steps[place] == step else None

    def add(self, attempt: int, metric: str, step: int, value: float) -> None:
        """Take in a value that is not known yet."""
        series = self._series.get((attempt, metric))
        if series is None:
            self._series[attempt, metric] = array("q", (step,)), array("d", (value,))
            return
        steps, values = series
        if step > steps[-1]:
            steps.append(step)
            values.append(value)
        else:
            place = bisect_left(steps, step)
            steps.insert(place, step)
            values.insert(place, value)
