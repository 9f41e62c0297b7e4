"""What each pruner saves and loses from its most careful setting to its boldest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from espalier.backtest.compare import LOST_AXIS, Result, Run, compare, one_by_one
from espalier.backtest.curves import Curves
from espalier.backtest.knobs import Knob, Sweep
from espalier.backtest.measure import Setting
from espalier.backtest.picture import Point, Series, draw, percent_axis, root_axis


@dataclass(frozen=True)
class Frontier:
    """A pruner over one of its settings.

    Parameters
    ----------
    pruner
        Its label.
    knob
        The setting and its values.
    results
        One for each value, in the same order.
    """

    pruner: str
    knob: Knob
    results: tuple[Result, ...]

    @property
    def label(self) -> str:
        """The pruner and what is swept."""
        return f"{self.pruner}, {self.knob.setting}"

    def points(self) -> Iterator[tuple[Any, Result]]:
        """Return each value with its result."""
        return zip(self.knob.values, self.results, strict=True)


def frontier(
    swept: Sequence[Sweep], tasks: Sequence[Curves], setting: Setting, run: Run = one_by_one
) -> list[Frontier]:
    """Try each pruner at each value of its knob, all on the same lists."""
    makers = [candidate for each in swept for candidate in each.candidates()]
    results = iter(compare(makers, tasks, setting, run=run))
    return [
        Frontier(each.base.label, each.knob, tuple(next(results) for _ in each.knob.values))
        for each in swept
    ]


def best(frontiers: Sequence[Frontier]) -> list[Result]:
    """Return the results that no other one beats, in saving or in losing, without being worse."""
    results = [result for each in frontiers for result in each.results]
    return [one for one in results if not any(_beats(other, one) for other in results)]


def _beats(one: Result, other: Result) -> bool:
    a, b = one.mean, other.mean
    return a.saved >= b.saved and a.lost <= b.lost and (a.saved, a.lost) != (b.saved, b.lost)


def to_dicts(frontiers: Sequence[Frontier]) -> list[dict[str, Any]]:
    """Return plain JSON values."""
    unbeaten = best(frontiers)
    return [
        {
            "pruner": each.pruner,
            "knob": each.knob.path,
            "points": [
                {"value": value, "best": result in unbeaten, **result.to_dict()}
                for value, result in each.points()
            ],
        }
        for each in frontiers
    ]


def picture(frontiers: Sequence[Frontier], title: str) -> str:
    """Draw a line for each pruner, with the values beside its points."""
    series = [
        Series(each.label, [_point(value, result) for value, result in each.points()])
        for each in frontiers
    ]
    points = [point for one in series for point in one.points]
    x = percent_axis("compute saved", [point.x for point in points])
    y = root_axis(LOST_AXIS, [point.high or 0.0 for point in points])
    return draw(title, x, y, series)


def _point(value: Any, result: Result) -> Point:
    low, high = result.interval("lost")
    return Point(result.mean.saved, result.mean.lost, str(value), low, high)
