"""What the studies of the bench came to, as tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from espalier.backtest.interval import bootstrap
from tests.bench.quality_markdown import table
from tests.bench.search_cells import OPTUNA
from tests.bench.search_record import Cell, Record
from tests.bench.search_regrets import Regrets, groups

SHARES = (0.25, 0.5, 1.0)
PLAIN = Cell("TPE", "Nop")


def markdown(records: Sequence[Record]) -> str:
    """Write a section for each size of studies, recorded and live tasks apart."""
    blocks = []
    for (kind, workers, budget), regrets in groups(records).items():
        head = (
            f"## {kind.capitalize()} tasks, {workers} workers, {budget:g} mean trials of GPU time"
        )
        blocks += [head, *_section(regrets)]
    return "\n\n".join(blocks)


def _section(regrets: Regrets) -> list[str]:
    cells = sorted(filter(regrets.whole, regrets.cells), key=_place)
    tasks = list(regrets.records)
    counts = {len(seeds) for each in regrets.records.values() for seeds in each.values()}
    return [
        f"{len(tasks)} tasks, {min(counts)} to {max(counts)} seeds.",
        _means(regrets, cells, tasks),
        "Regret at the end, by task:",
        _by_task(regrets, cells, tasks),
        "Regret told by forecast minus told otherwise, paired by seed:",
        *_told(regrets, cells, tasks),
        "Regret of TPE at half of the GPU time minus that of TPE without pruning at the end:",
        _half(regrets, cells, tasks),
    ]


def _place(cell: Cell) -> tuple[bool, str, int]:
    return cell.sampler == OPTUNA, cell.sampler, ("Nop", "Median", "Auto").index(cell.pruner)


def _means(regrets: Regrets, cells: Sequence[Cell], tasks: Sequence[str]) -> str:
    rows = []
    for cell in cells:
        found = [record for task in tasks for record in regrets.records[task][cell].values()]
        started = fmean(record.found.started for record in found)
        pruned = sum(r.found.pruned for r in found) / sum(r.found.started for r in found)
        by_share = [[regrets.mean(task, cell, share) for task in tasks] for share in SHARES]
        seconds = fmean(record.cpu_seconds for record in found)
        figures = [f"{fmean(each):.3f}" for each in by_share]
        low, high = bootstrap(by_share[-1])
        figures[-1] += f" [{low:.3f}, {high:.3f}]"
        reached = _reached(regrets, cell, tasks)
        told = [reached, f"{started:.0f}", f"{pruned:.0%}", f"{seconds:.2f}"]
        rows.append([str(cell), *figures, *told])
    heads = [f"regret at {share:.0%}" for share in SHARES]
    return table(["search", *heads, f"as good as {PLAIN} at", "trials", "pruned", "CPU s"], rows)


def _reached(regrets: Regrets, cell: Cell, tasks: Sequence[str]) -> str:
    """Tell after which share of the budget the mean is where TPE without pruning ends."""
    if not regrets.whole(PLAIN):
        return "–"
    aim = fmean(regrets.mean(task, PLAIN, 1.0) for task in tasks)
    for percent in range(5, 101, 5):
        if fmean(regrets.mean(task, cell, percent / 100) for task in tasks) <= aim:
            return f"{percent} %"
    return "not reached"


def _by_task(regrets: Regrets, cells: Sequence[Cell], tasks: Sequence[str]) -> str:
    rows = [
        [str(cell), *(f"{regrets.mean(task, cell, 1.0):.3f}" for task in tasks)] for cell in cells
    ]
    return table(["search", *tasks], rows)


def _told(regrets: Regrets, cells: Sequence[Cell], tasks: Sequence[str]) -> list[str]:
    rows = []
    for cell in cells:
        if cell.told in ("", "Forecast"):
            continue
        ours = Cell(cell.sampler, cell.pruner, "Forecast")
        if ours not in cells:
            continue
        for share in SHARES[1:]:
            pairs = [_gaps(regrets, task, (ours, share), (cell, share)) for task in tasks]
            name = f"{cell.sampler} × {cell.pruner}: Forecast − {cell.told}, at {share:.0%}"
            rows.append([name, *map(_paired, pairs), _over_tasks(pairs)])
    return [table(["", *tasks, "mean"], rows)] if rows else []


def _half(regrets: Regrets, cells: Sequence[Cell], tasks: Sequence[str]) -> str:
    rows = []
    for cell in cells:
        if cell.sampler == OPTUNA or cell.pruner == "Nop":
            continue
        pairs = [_gaps(regrets, task, (cell, 0.5), (PLAIN, 1.0)) for task in tasks]
        rows.append([str(cell), *map(_paired, pairs), _over_tasks(pairs)])
    return table(["search", *tasks, "mean"], rows)


def _gaps(
    regrets: Regrets, task: str, one: tuple[Cell, float], other: tuple[Cell, float]
) -> list[float]:
    left, right = regrets.at(task, *one), regrets.at(task, *other)
    return [left[seed] - right[seed] for seed in left.keys() & right.keys()]


def _paired(gaps: Sequence[float]) -> str:
    low, high = bootstrap(gaps)
    return f"{fmean(gaps):+.3f} [{low:+.3f}, {high:+.3f}]"


def _over_tasks(pairs: Sequence[Sequence[float]]) -> str:
    """Give the mean over tasks, with the interval that seeds alone leave, the tasks being these."""
    rng = np.random.default_rng(0)
    drawn = [rng.choice(np.array(gaps), size=(4000, len(gaps))).mean(axis=1) for gaps in pairs]
    low, high = np.quantile(np.mean(drawn, axis=0), [0.025, 0.975])
    return f"{fmean(map(fmean, pairs)):+.3f} [{low:+.3f}, {high:+.3f}]"
