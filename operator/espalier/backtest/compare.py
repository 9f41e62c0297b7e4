"""Several pruners on several tasks, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from espalier.backtest.candidate import Maker
from espalier.backtest.curves import Curves
from espalier.backtest.interval import of_tasks
from espalier.backtest.measure import BUDGETS, Measured, Setting, mean_of, study
from espalier.backtest.picture import Point, Series, draw, percent_axis, root_axis

FIELDS = ("saved", "regret", "lost")
LOST_AXIS = "studies that lose their winner"


class Key(NamedTuple):
    """Which study: the places of its pruner and its task, and the number of its list."""

    maker: int
    task: int
    number: int


@dataclass(frozen=True)
class Studies:
    """All studies of a comparison; called with a key, it simulates that one.

    Each is independent of the others, so that they may run in any order and in any process.
    """

    makers: Sequence[Maker]
    """What is tried."""
    tasks: Sequence[Curves]
    """On what."""
    setting: Setting
    """How, and how often."""
    budgets: bool = False
    """Whether the regret at fixed budgets is measured too."""

    def __call__(self, key: Key) -> Measured:
        """Simulate one study."""
        curves, maker = self.tasks[key.task], self.makers[key.maker]
        return study(curves, maker, self.setting, key.number, self.budgets)

    def keys(self) -> list[Key]:
        """Name all studies; every pruner meets every task early, for an honest estimate of time."""
        return [
            Key(maker, task, number)
            for number in range(self.setting.orders)
            for task in range(len(self.tasks))
            for maker in range(len(self.makers))
        ]


class Run(Protocol):
    """Calls a function for each key, and gives the results in the keys' order."""

    def __call__(
        self, function: Callable[[Key], Measured], keys: Sequence[Key]
    ) -> Iterable[Measured]:
        """Run all of them."""


def one_by_one(function: Callable[[Key], Measured], keys: Sequence[Key]) -> Iterable[Measured]:
    """Run in this process, one after another."""
    return map(function, keys)


@dataclass(frozen=True)
class Result:
    """What a pruner came to on each task.

    Parameters
    ----------
    label
        The pruner's.
    tasks
        By the tasks' names, one measurement for each list.
    """

    label: str
    tasks: dict[str, tuple[Measured, ...]]

    @property
    def means(self) -> dict[str, Measured]:
        """The mean over the lists of each task."""
        return {name: mean_of(studies) for name, studies in self.tasks.items()}

    @property
    def mean(self) -> Measured:
        """The mean over the tasks, each of which counts the same."""
        return mean_of(list(self.means.values()))

    def interval(self, field: str) -> tuple[float, float]:
        """Return the 95 % interval of `saved`, `regret` or `lost`."""
        return of_tasks(list(self.tasks.values()), field)

    def of(self, tasks: Collection[str]) -> Result:
        """Return what the pruner came to on some of the tasks."""
        return Result(self.label, {name: m for name, m in self.tasks.items() if name in tasks})

    def reevaluated(self) -> Result:
        """Return the tasks with a second evaluation, with `regret` and `lost` as that tells."""
        found = {name: told for name, m in self.tasks.items() if (told := told_again(m))}
        return Result(self.label, found)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        mean, found = self.mean, {}
        for field in FIELDS:
            low, high = self.interval(field)
            found[field] = {"mean": getattr(mean, field), "low": low, "high": high}
        tasks = {
            name: {**_plain(self.means[name]), "lists": [_plain(each) for each in studies]}
            for name, studies in self.tasks.items()
        }
        return {
            "pruner": self.label,
            **found,
            "budgetRegret": _plain(mean)["budgetRegret"],
            "reevaluated": _plain(mean)["reevaluated"],
            "tasks": tasks,
        }


def told_again(lists: Sequence[Measured]) -> tuple[Measured, ...]:
    """Put what a second evaluation tells in the place of the first; nothing without one."""
    return tuple(
        replace(each, regret=each.reevaluated_regret, lost=each.reevaluated_lost)
        for each in lists
        if each.reevaluated_regret is not None and each.reevaluated_lost is not None
    )


def _plain(measured: Measured) -> dict[str, Any]:
    budgets = zip(BUDGETS, measured.budget_regret, strict=False)
    return {
        **{field: getattr(measured, field) for field in FIELDS},
        "budgetRegret": {f"{share:.0%}": value for share, value in budgets},
        "reevaluated": {"regret": measured.reevaluated_regret, "lost": measured.reevaluated_lost},
    }


def compare(
    makers: Sequence[Maker],
    tasks: Sequence[Curves],
    setting: Setting,
    budgets: bool = False,
    run: Run = one_by_one,
) -> list[Result]:
    """Try every pruner on every task, on the same lists.

    Parameters
    ----------
    makers, tasks, setting
        What is tried, on what, and how.
    budgets
        Measure the regret at fixed budgets too.
    run
        Runs the studies, in this process or in others; the results are the same.
    """
    studies = Studies(makers, tasks, setting, budgets)
    keys = studies.keys()
    found: dict[tuple[int, int], list[Measured]] = {}
    for key, measured in zip(keys, run(studies, keys), strict=True):
        found.setdefault((key.maker, key.task), []).append(measured)
    return [
        Result(maker.label, {task.name: tuple(found[i, j]) for j, task in enumerate(tasks)})
        for i, maker in enumerate(makers)
    ]


def picture(results: Sequence[Result], title: str) -> str:
    """Draw what each pruner saves against the winners it loses."""
    series = []
    for result in results:
        low, high = result.interval("lost")
        point = Point(result.mean.saved, result.mean.lost, "", low, high)
        series.append(Series(result.label, [point], joined=False))
    x = percent_axis("compute saved", [one.points[0].x for one in series])
    y = root_axis(LOST_AXIS, [one.points[0].high or 0.0 for one in series])
    return draw(title, x, y, series)
