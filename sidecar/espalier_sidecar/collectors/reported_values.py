"""Which values of a table were reported, since a table may be written anew as a whole."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping

from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.collectors.table_columns import MOST_COLUMNS
from espalier_sidecar.errors import BadReport
from espalier_sidecar.text import clip

MOST = 8192
"""So many values are known exactly, of the others the highest step; 16 bytes each."""


class ReportedValues:
    """The values that were reported: each once, and the first of two that differ.

    Parameters
    ----------
    floors
        By metric, the step up to which values were reported that are known no more.
    """

    def __init__(self, floors: Mapping[str, float]) -> None:
        self._floors = dict(floors)
        self._known: dict[str, tuple[array[float], array[float]]] = {}
        self._count = 0

    def take(self, reading: Reading, again: bool) -> bool:
        """Tell whether a value is new; it is known from now on.

        Parameters
        ----------
        reading
            A value with a step.
        again
            Whether it stands in a row of a table that has had that many rows before.

        Raises
        ------
        BadReport
            If the metric had another value at that step, or there are too many metrics.
        """
        metric, step, value = reading
        assert step is not None
        steps, values = self._of(metric)
        at = bisect_left(steps, step)
        if at < len(steps) and steps[at] == step:
            if values[at] == value or (math.isnan(values[at]) and math.isnan(value)):
                return False
            raise BadReport(
                f"expected one value of {clip(metric)} at step {step:g}; came {value:g} after "
                f"{values[at]:g}, which stands"
            )
        if again and step <= self._floors.get(metric, -math.inf):
            return False
        steps.insert(at, step)
        values.insert(at, value)
        self._count += 1
        if self._count > MOST:
            self._forget()
        return True

    def floors(self) -> dict[str, float]:
        """Return by metric the highest step that was reported."""
        highest = {metric: steps[-1] for metric, (steps, _) in self._known.items() if steps}
        both = self._floors.keys() | highest.keys()
        least = -math.inf
        return {each: max(self._floors.get(each, least), highest.get(each, least)) for each in both}

    def _of(self, metric: str) -> tuple[array[float], array[float]]:
        if metric not in self._known:
            if len(self._known) == MOST_COLUMNS:
                raise BadReport(f"expected at most {MOST_COLUMNS} metrics; came {clip(metric)} too")
            self._known[metric] = array("d"), array("d")
        return self._known[metric]

    def _forget(self) -> None:
        """Keep of each metric the newer half only."""
        self._count = 0
        for metric, (steps, values) in self._known.items():
            half = (len(steps) + 1) // 2
            if half:
                floor = self._floors.get(metric, -math.inf)
                self._floors[metric] = max(floor, steps[half - 1])
            del steps[:half], values[:half]
            self._count += len(steps)
