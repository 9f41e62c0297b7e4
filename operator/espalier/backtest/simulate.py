"""An asynchronous study over complete curves: workers, an order, the real engine."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from espalier.backtest.candidate import Engine
from espalier.backtest.curves import Array, Curves


@dataclass(frozen=True)
class SimulatedStudy:
    """What came of one simulated study.

    Parameters
    ----------
    steps
        How many steps each trial did; 0 if it never started.
    completed_at
        When each trial completed, in seconds; infinite if it did not.
    spent
        Seconds that the trials spent together.
    ended_at
        When the last trial ended.
    """

    steps: list[int]
    completed_at: Array
    spent: float
    ended_at: float


@dataclass(order=True)
class _Due:
    at: float
    sequence: int
    trial: int = field(compare=False)
    step: int = field(compare=False)
    started: float = field(compare=False)


def simulate(
    curves: Curves, workers: int, engine: Engine | None, until: float = float("inf")
) -> SimulatedStudy:
    """Run the trials in their order; a free worker starts the next one.

    Parameters
    ----------
    curves
        The trials, in the order in which they start.
    workers
        How many run at the same time.
    engine
        Judges each value as it arrives; None prunes nothing.
    until
        Stop at this time; what runs then does not complete.
    """
    size, last = len(curves), curves.steps
    seconds, values = curves.seconds.tolist(), curves.values.tolist()
    steps, completed_at = [0] * size, np.full(size, np.inf)
    due: list[_Due] = []
    started = sequence = 0
    spent = now = 0.0
    # When each trial began that goes on.
    began: dict[int, float] = {}

    def start(at: float) -> None:
        nonlocal started, sequence
        if started < size:
            trial, started = started, started + 1
            began[trial] = at
            heapq.heappush(due, _Due(at + seconds[trial][0], sequence, trial, 1, at))
            sequence += 1

    for _ in range(workers):
        start(0.0)
    while due and due[0].at <= until:
        event = heapq.heappop(due)
        if event.trial not in began:
            continue
        now, trial, step = event.at, event.trial, event.step
        steps[trial] = step
        gone = () if engine is None else engine.report(trial, step, values[trial][step - 1], now)
        pruned = trial in gone
        for other in gone:
            if other != trial:
                spent += now - began.pop(other)
                start(now)
        if not pruned and step < last:
            event.at, event.step = event.started + seconds[trial][step], step + 1
            event.sequence = sequence
            sequence += 1
            heapq.heappush(due, event)
            continue
        del began[trial]
        spent += seconds[trial][step - 1]
        if not pruned:
            completed_at[trial] = now
            if engine is not None:
                engine.close(trial, True, now)
        start(now)
    return SimulatedStudy(steps, completed_at, spent, now)


def duration(curves: Curves, workers: int) -> float:
    """Return when the last trial ends if nothing is pruned."""
    free = [0.0] * workers
    for seconds in curves.seconds[:, -1].tolist():
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)
