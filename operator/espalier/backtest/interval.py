"""How sure a mean is: intervals over tasks, or over the lists of the only one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from espalier.backtest.measure import Measured, mean_of
from espalier.pruning.oversight.summary import clopper_pearson

DRAWS = 4000
LEVEL = 0.95


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean, by drawing the values again with a fixed seed."""
    rng = np.random.default_rng(0)
    drawn = rng.choice(np.array(values), size=(DRAWS, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def of_tasks(tasks: Sequence[Sequence[Measured]], field: str) -> tuple[float, float]:
    """Return the interval of a field's mean, from the studies of each task.

    Several tasks are drawn again as wholes. Of a single one its studies are drawn again; its share
    of lost winners has the interval of Clopper and Pearson instead, because drawing again from
    studies none of which lost its winner would say that none ever does.
    """
    if len(tasks) > 1:
        return bootstrap([getattr(mean_of(studies), field) for studies in tasks])
    values = [getattr(measured, field) for measured in tasks[0]]
    if field == "lost":
        return clopper_pearson(round(sum(values)), len(values), LEVEL)
    return bootstrap(values)
