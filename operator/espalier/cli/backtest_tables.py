"""What `espalier backtest` found, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table

from espalier.backtest.calibration import FACTOR, Calibration, Stated
from espalier.backtest.compare import Result
from espalier.backtest.frontier import Frontier, best
from espalier.backtest.measure import BUDGETS


def means(results: Sequence[Result], budgets: bool) -> Table:
    """Lay out the means over the tasks: a row a pruner."""
    found = _table()
    found.add_column("", justify="right")
    found.add_column("pruner", overflow="fold")
    for heading in ("saved", "regret", "lost"):
        found.add_column(heading, justify="right")
    for share in BUDGETS if budgets else ():
        found.add_column(f"regret at {share:.0%}", justify="right")
    again = any(result.mean.reevaluated_lost is not None for result in results)
    if again:
        found.add_column("reevaluated: regret", justify="right")
        found.add_column("lost", justify="right")
    for number, result in enumerate(results, 1):
        budget = [f"{value:.3f}" for value in result.mean.budget_regret]
        told = _reevaluated(result) if again else ()
        found.add_row(str(number), result.label, *_measures(result), *budget, *told)
    return found


def by_task(results: Sequence[Result], tasks: Sequence[str]) -> Table:
    """Lay out saved and lost by task, a column for each pruner's number."""
    found = _table()
    found.add_column("saved / lost", overflow="fold")
    for number in range(1, len(results) + 1):
        found.add_column(str(number), justify="right")
    for name in tasks:
        measured = [result.means[name] for result in results]
        found.add_row(
            name, *(f"{_percent(each.saved)} / {_percent(each.lost)}" for each in measured)
        )
    return found


def of_frontiers(frontiers: Sequence[Frontier]) -> Table:
    """Lay out a row for each value of each pruner's knob; what no other one beats is marked."""
    found = _table()
    found.add_column("pruner", overflow="fold")
    found.add_column("knob", overflow="fold")
    for heading in ("saved", "regret", "lost"):
        found.add_column(heading, justify="right")
    found.add_column("best")
    unbeaten = best(frontiers)
    for each in frontiers:
        name = each.pruner
        for value, result in each.points():
            mark = "*" if result in unbeaten else ""
            found.add_row(name, f"{each.knob.setting}={value}", *_measures(result), mark)
            name = ""
    return found


_VERDICTS = {"within": "yes", "below": "safer than stated", "above": "no, loses more"}


def of_calibrations(calibrations: Sequence[Calibration]) -> Table:
    """Lay out a row for each stated risk of each pruner."""
    found = _table()
    found.add_column("pruner", overflow="fold")
    for heading in ("stated", "lost", "studies", "lost / stated"):
        found.add_column(heading, justify="right")
    found.add_column(f"within {FACTOR:g}")
    for each in calibrations:
        name = each.pruner
        for one in each.classes:
            ratio = f"{one.lost / one.risk:.2f}" if one.risk else ""
            verdict = _VERDICTS[one.verdict] + ("" if one.sure else ", unsure")
            lost = _with_interval(one.lost, one.interval)
            found.add_row(
                name, f"{one.risk:.3g}", lost, f"{one.losses} / {one.studies}", ratio, verdict
            )
            name = ""
    return found


def beside(calibrations: Sequence[Calibration]) -> list[RenderableType]:
    """Lay out lost and stated by kind of task, and as second evaluations tell, if any do."""
    rows = [row for each in calibrations for row in _parts(each)]
    if not rows:
        return []
    found = _table()
    for heading in ("pruner", "tasks"):
        found.add_column(heading, overflow="fold")
    risks = sorted({one.risk for each in calibrations for one in each.classes})
    for risk in risks:
        found.add_column(f"{risk:.3g}", justify="right")
    for pruner, part, classes in rows:
        cells = {one.risk: f"{_percent(one.lost)} of {one.studies}" for one in classes}
        found.add_row(pruner, part, *(cells.get(risk, "") for risk in risks))
    return ["", "Lost by stated risk:", found]


def _parts(each: Calibration) -> Iterator[tuple[str, str, Sequence[Stated]]]:
    for name, part in [*each.by_kind().items(), ("", each)]:
        if name:
            yield each.pruner, name, part.classes
        if told := part.reevaluated().classes:
            yield each.pruner, f"{name or 'all'}, reevaluated", told


def _table() -> Table:
    return Table(box=None, header_style="bold", pad_edge=False)


def _measures(result: Result) -> tuple[str, str, str]:
    mean = result.mean
    return (
        _with_interval(mean.saved, result.interval("saved")),
        f"{mean.regret:.3f}",
        _with_interval(mean.lost, result.interval("lost")),
    )


def _reevaluated(result: Result) -> tuple[str, str]:
    told = result.reevaluated()
    return f"{told.mean.regret:.3f}", _with_interval(told.mean.lost, told.interval("lost"))


def _with_interval(mean: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{_percent(mean)} ({_percent(low)}-{_percent(high)})"


def _percent(share: float) -> str:
    """Write a share; what rounds to nothing has no sign."""
    return f"{share:z.0%}"
