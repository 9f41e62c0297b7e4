"""Several pruners on several tasks, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from espalier.backtest.candidate import Maker
from espalier.backtest.curves import Curves
from espalier.backtest.measure import BUDGETS, Measured, Setting, interval, over_tasks, task
from espalier.backtest.picture import Point, Series, draw, percent_axis


@dataclass(frozen=True)
class Result:
    """What a pruner came to on each task.

    Parameters
    ----------
    label
        The pruner's.
    tasks
        By the tasks' names.
    """

    label: str
    tasks: dict[str, Measured]

    @property
    def mean(self) -> Measured:
        """The mean over the tasks, each of which counts the same."""
        return over_tasks(list(self.tasks.values()))

    def interval(self, field: str) -> tuple[float, float]:
        """Give the bootstrap interval over tasks of `saved`, `regret` or `lost`."""
        return interval([getattr(measured, field) for measured in self.tasks.values()])

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        mean, found = self.mean, {}
        for field in ("saved", "regret", "lost"):
            low, high = self.interval(field)
            found[field] = {"mean": getattr(mean, field), "low": low, "high": high}
        return {
            "pruner": self.label,
            **found,
            "budgetRegret": _by_budget(mean),
            "tasks": {
                name: {
                    "saved": measured.saved,
                    "regret": measured.regret,
                    "lost": measured.lost,
                    "budgetRegret": _by_budget(measured),
                }
                for name, measured in self.tasks.items()
            },
        }


def _by_budget(measured: Measured) -> dict[str, float]:
    return {
        f"{share:.0%}": value for share, value in zip(BUDGETS, measured.budget_regret, strict=False)
    }


def compare(
    makers: Sequence[Maker],
    tasks: Sequence[Curves],
    setting: Setting,
    budgets: bool = False,
    done: Callable[[], None] = lambda: None,
) -> list[Result]:
    """Try every pruner on every task, on the same lists; call `done` after each pair."""
    results = []
    for maker in makers:
        found = {}
        for curves in tasks:
            found[curves.name] = task(curves, maker, setting, budgets)
            done()
        results.append(Result(maker.label, found))
    return results


def scatter(results: Sequence[Result], title: str) -> str:
    """Draw what each pruner saves against the winners it loses."""
    series = []
    for result in results:
        low, high = result.interval("lost")
        point = Point(result.mean.saved, result.mean.lost, "", low, high)
        series.append(Series(result.label, [point], joined=False))
    points = [series_point for one in series for series_point in one.points]
    x = percent_axis("compute saved", [point.x for point in points])
    y = percent_axis("studies that lose their winner", [point.high or 0.0 for point in points])
    return draw(title, x, y, series)
