"""Stated risks beside lost winners by kind of task, for one edition of the rules, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from espalier.backtest.calibration import Calibration, Stated, calibration
from espalier.backtest.candidate import Candidate
from espalier.backtest.compare import Run
from espalier.backtest.curves import Curves
from espalier.backtest.frontier import frontier
from espalier.backtest.knobs import RISKS, Knob, Sweep
from espalier.backtest.measure import Setting
from tests.bench.quality_markdown import table

PATHS = {path.partition(".")[0].capitalize(): path for path in RISKS}


def calibrated(
    pruners: Sequence[str],
    risks: Sequence[float],
    edition: int,
    tasks: Sequence[Curves],
    setting: Setting,
    run: Run,
) -> list[Calibration]:
    """Measure what pruners that state a risk lose at each of several, by one edition."""
    lines = [
        Sweep(Candidate(pruner, {"type": pruner}, edition=edition), Knob(PATHS[pruner], (*risks,)))
        for pruner in pruners
    ]
    return calibration(frontier(lines, tasks, setting, run), tasks)


def markdown_of(found: Sequence[Calibration]) -> str:
    """Write for each pruner and kind what was saved and lost at each stated risk."""
    risks = [f"{one.risk:.3g}" for one in found[0].classes]
    rows = [row for each in found for row in _rows(each)]
    return table(["pruner", "tasks", *(f"lost at {risk} (saved)" for risk in risks)], rows)


def _rows(each: Calibration) -> Iterator[list[str]]:
    for name, part in [*each.by_kind().items(), ("all", each)]:
        told = part.reevaluated().classes
        for label, classes in ((name, part.classes), (f"{name}, told by re-evaluation", told)):
            if classes:
                count = len(classes[0].result.tasks)
                yield [each.pruner, f"{label} ({count})", *map(_cell, classes)]


def _cell(one: Stated) -> str:
    low, high = one.interval
    return f"{one.lost:.1%} [{low:.1%}, {high:.1%}] ({one.result.mean.saved:.2f})"
