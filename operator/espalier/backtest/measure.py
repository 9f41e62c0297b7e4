"""What a simulated study saved, and what it lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from espalier.backtest.candidate import Maker
from espalier.backtest.curves import Array, Curves
from espalier.backtest.simulate import SimulatedStudy, duration, simulate
from espalier.pruning import Terms

LOST_ABOVE = 0.02
"""A regret above this is a winner lost."""
BUDGETS = (0.10, 0.25, 0.50)
"""Shares of the time that the whole pool needs without pruning."""


@dataclass(frozen=True)
class Setting:
    """How a pruner is tried.

    Parameters
    ----------
    workers
        How many trials run at the same time.
    trials
        Length of a study's list, drawn from the pool; all where there are fewer.
    orders
        How many lists are drawn for a task.
    seed
        What the lists are drawn from, with the task's name and the list's number.
    """

    workers: int = 8
    trials: int = 100
    orders: int = 20
    seed: int = 0

    def order(self, curves: Curves, number: int, size: int | None = None) -> list[int]:
        """Draw a list of trials of a task; the same for every pruner."""
        name = int.from_bytes(curves.name.encode()) % 2**63
        rng = np.random.default_rng([self.seed, number, name])
        drawn = rng.permutation(len(curves))[: self.trials if size is None else size]
        return [int(trial) for trial in drawn]


@dataclass(frozen=True)
class Measured:
    """What one simulated study came to, or the mean of several.

    Parameters
    ----------
    saved
        Share of the seconds without pruning that was not spent.
    regret
        (best final value of the list − best completed) / (best − median).
    lost
        1 if the regret is above 0.02, else 0; of several, the share.
    budget_regret
        Regret on the whole pool after 10, 25 and 50 % of the time it needs without pruning;
        empty if it was not measured.
    reevaluated_regret, reevaluated_lost
        The same as `regret` and `lost` on the values of a second evaluation of every trial, which
        the pruner did not see: the winner is whom a re-evaluation of all would name. None where
        the task has none; of several, the mean over those that have one.
    """

    saved: float
    regret: float
    lost: float
    budget_regret: tuple[float, ...] = ()
    reevaluated_regret: float | None = None
    reevaluated_lost: float | None = None


def regret(finals: Array, chosen: NDArray[np.bool_]) -> float:
    """Return how far the best of the chosen is from the best, in units of best minus median.

    1 if nothing was chosen; 0 where the best is no better than the median.
    """
    finite = finals[np.isfinite(finals)]
    if not finite.size:
        return 0.0
    best, median = float(finite.max()), float(np.median(finite))
    got = float(np.max(finals[chosen], initial=-np.inf))
    if not got > -np.inf:
        return 1.0
    return (best - got) / (best - median) if best > median else 0.0


def study(
    curves: Curves, maker: Maker, setting: Setting, number: int, budgets: bool = False
) -> Measured:
    """Simulate the study of a task's list with this number, and measure it.

    Parameters
    ----------
    curves
        The task.
    maker
        Makes the pruner's engine.
    setting
        How lists are drawn and run.
    number
        Which list.
    budgets
        Simulate a second study, on the whole pool, for the regret at each budget.
    """
    drawn = curves.take(setting.order(curves, number))
    outcome = _run(drawn, maker, setting, number)
    completed, again = np.isfinite(outcome.completed_at), drawn.reevaluations
    lost = regret(drawn.finals, completed)
    saved = 1.0 - outcome.spent / float(drawn.seconds[:, -1].sum())
    by_budget = budget_regret(curves, maker, setting, number) if budgets else ()
    found = Measured(saved, lost, float(lost > LOST_ABOVE), by_budget)
    if again is None:
        return found
    told = regret(again, completed)
    return replace(found, reevaluated_regret=told, reevaluated_lost=float(told > LOST_ABOVE))


def budget_regret(curves: Curves, maker: Maker, setting: Setting, number: int) -> tuple[float, ...]:
    """Simulate one study on the whole pool, and give its regret at each budget."""
    pool = curves.take(setting.order(curves, number, len(curves)))
    whole = duration(pool, setting.workers)
    outcome = _run(pool, maker, setting, number, BUDGETS[-1] * whole)
    times = [share * whole for share in BUDGETS]
    return tuple(regret(pool.finals, outcome.completed_at <= time) for time in times)


def mean_of(measured: Sequence[Measured]) -> Measured:
    """Return the mean over studies, or over tasks, each of which counts the same."""
    rows = np.array([(m.saved, m.regret, m.lost, *m.budget_regret) for m in measured])
    saved, regretted, lost, *by_budget = (float(x) for x in rows.mean(axis=0))
    again_regret = _known([m.reevaluated_regret for m in measured])
    again_lost = _known([m.reevaluated_lost for m in measured])
    return Measured(saved, regretted, lost, tuple(by_budget), again_regret, again_lost)


def _known(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are known; None if none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _run(
    curves: Curves, maker: Maker, setting: Setting, number: int, until: float = float("inf")
) -> SimulatedStudy:
    terms = Terms(
        curves.direction,
        curves.steps,
        study_uid=f"{curves.name}/{setting.seed}/{number}",
        seed=setting.seed,
        trials=len(curves),
    )
    engine = maker.make(terms)
    return simulate(curves, setting.workers, engine, until)
