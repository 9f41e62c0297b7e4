"""Mean regret over GPU time, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from espalier.backtest.picture import Point, Series, draw, percent_axis
from tests.bench.search_record import Cell, Record
from tests.bench.search_regrets import Regrets, groups

SHOWN = (
    Cell("TPE", "Auto", "Forecast"),
    Cell("TPE", "Auto", "AsPruned"),
    Cell("TPE", "Nop"),
    Cell("Random", "Auto"),
    Cell("Random", "Nop"),
)
SHARES = tuple(percent / 100 for percent in range(20, 101, 10))


def drawn(records: Sequence[Record], budget: float) -> str:
    """Draw the studies of recorded tasks with 4 workers that have this budget."""
    regrets = groups(records)["recorded", 4, budget]
    tasks = list(regrets.records)
    series = [
        Series(str(cell), [Point(share, _mean(regrets, tasks, cell, share)) for share in SHARES])
        for cell in SHOWN
        if regrets.whole(cell)
    ]
    highest = [point.y for each in series for point in each.points]
    x = percent_axis(f"GPU time, of {budget:g} mean trials", SHARES)
    y = percent_axis("regret, of best minus median", [0.0, *highest])
    return draw(f"Regret over GPU time: {len(tasks)} recorded tasks, 4 workers", x, y, series)


def _mean(regrets: Regrets, tasks: Sequence[str], cell: Cell, share: float) -> float:
    return fmean(regrets.mean(task, cell, share) for task in tasks)
