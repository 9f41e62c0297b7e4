"""Studies over recorded curves, with what a trial costs besides its steps.

The same study is played under a pruner and under `Nop`: what a pruned trial cost less under the
pruner is what pruning it has saved, measured and not estimated.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from espalier.backtest.candidate import Candidate
from espalier.backtest.curves import Curves
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.pruning import Terms, TrialState

NOP = Candidate("Nop", {"type": "Nop"}, {"nanPatience": 0})
GPUS = 2.0


@dataclass(frozen=True)
class Costs:
    """What trials cost besides their steps; times are shares of a mean trial's steps.

    Parameters
    ----------
    start_up, start_up_spread
        Pulling, scheduling and imports, before the first step: median, and deviation of its log.
    grace
        The longest time that a pruned trial's pod goes on.
    shut_down
        What follows the last step of a trial that completes.
    pace_spread
        Deviation of the logarithm of what a trial's steps take, times what was recorded.
    evicted
        Share of the trials whose first attempt is lost at some step, and begins again.
    horizon
        ``resource.max`` in units of the steps that the trainer does.
    ends_early
        Whether trainers end by themselves anywhere in the second half of their steps.
    every
        Steps between two reports.
    late
        The longest time, in steps, by which a value comes late; the first one is that late.
    """

    start_up: float = 0.1
    start_up_spread: float = 0.3
    grace: float = 0.05
    shut_down: float = 0.02
    pace_spread: float = 0.0
    evicted: float = 0.0
    horizon: int = 1
    ends_early: bool = False
    every: int = 1
    late: float = 0.0


@dataclass(frozen=True)
class Played:
    """Two runs of the same study: what is recorded of one, and what its prunings truly saved."""

    trials: tuple[TrialRecord, ...]
    saved: float
    steps_saved: float

    @property
    def pruned(self) -> tuple[TrialRecord, ...]:
        """The trials that were pruned."""
        return tuple(t for t in self.trials if t.end and t.end.state == TrialState.PRUNED)


class _Study(NamedTuple):
    """What fate has in store for each trial; the same under every pruner."""

    curves: Curves
    start_up: NDArray[np.float64]
    grace: NDArray[np.float64]
    shut_down: float
    last: NDArray[np.int64]
    lost: NDArray[np.float64]
    luck: NDArray[np.float64]
    seed: int
    costs: Costs


def play(
    curves: Curves,
    pruner: Candidate,
    costs: Costs,
    *,
    seed: int,
    trials: int = 30,
    workers: int = 4,
) -> Played:
    """Run a study under a pruner and under `Nop`, with the same trials and the same fate."""
    study = _study(curves, costs, seed, trials)
    without = _run(study, NOP, workers)
    records = _run(study, pruner, workers)
    saved = steps = 0.0
    for record, whole in zip(records, without, strict=True):
        assert record.end is not None
        assert whole.end is not None
        assert record.step is not None
        assert whole.step is not None
        if record.end.state == TrialState.PRUNED:
            saved += whole.end.held - record.end.held
            steps += whole.step - record.step
    return Played(tuple(records), saved, steps)


def _study(curves: Curves, costs: Costs, seed: int, trials: int) -> _Study:
    rng = np.random.default_rng([seed, int.from_bytes(curves.name.encode()) % 2**31])
    drawn = curves.take(rng.permutation(len(curves))[:trials])
    size, steps = len(drawn), drawn.steps
    slow = np.exp(costs.pace_spread * rng.standard_normal(size))[:, None]
    drawn = Curves(drawn.name, drawn.direction, drawn.values, drawn.seconds * slow)
    mean = float(drawn.seconds[:, -1].mean())
    start_up = mean * costs.start_up * np.exp(costs.start_up_spread * rng.standard_normal(size))
    early = rng.integers(max(2, steps // 2), steps + 1, size)
    last = (early if costs.ends_early else np.full(size, steps)) // costs.every * costs.every
    evicted_at = rng.integers(1, last)
    evicted = rng.random(size) < costs.evicted
    spent = start_up + drawn.seconds[np.arange(size), evicted_at - 1]
    return _Study(
        drawn,
        start_up,
        mean * costs.grace * rng.random(size),
        mean * costs.shut_down,
        last,
        np.where(evicted, spent, 0.0),
        rng.random(size),
        seed,
        costs,
    )


def _run(study: _Study, pruner: Candidate, workers: int) -> Sequence[TrialRecord]:
    curves, every = study.curves, study.costs.every
    size = len(curves)
    terms = Terms(
        curves.direction,
        curves.steps * study.costs.horizon,
        study_uid=f"{curves.name}/{study.seed}",
        seed=study.seed,
        trials=size,
    )
    engine = pruner.make(terms)
    records: list[TrialRecord] = [TrialRecord(number) for number in range(size)]
    waiting = iter(range(size))
    due: list[tuple[float, int, int]] = []
    trained = np.zeros(size)

    def start(at: float) -> None:
        if (trial := next(waiting, None)) is not None:
            trained[trial] = at + study.lost[trial] + study.start_up[trial]
            report(trial, every)

    def report(trial: int, step: int) -> None:
        heapq.heappush(due, (trained[trial] + curves.seconds[trial][step - 1], trial, step))

    for _ in range(workers):
        start(0.0)
    while due:
        now, trial, step = heapq.heappop(due)
        value = float(curves.values[trial][step - 1])
        if engine.report(trial, step, value, now):
            state, gone = TrialState.PRUNED, now + study.grace[trial]
        elif step == study.last[trial]:
            state, gone = TrialState.COMPLETED, now + study.shut_down
            engine.close(trial, True, now)
        else:
            report(trial, step + every)
            continue
        begun = trained[trial] - study.start_up[trial]
        records[trial] = _record(study, trial, step, state, begun, gone)
        start(gone)
    return records


def _record(
    study: _Study, trial: int, step: int, state: TrialState, begun: float, gone: float
) -> TrialRecord:
    """Record a trial as the operator does: what its attempts held, and the pace of its reports."""
    times, every = study.curves.seconds[trial], study.costs.every
    pace = None
    if step > every:
        delay = study.costs.late * times[-1] / len(times)
        spent = times[step - 1] - times[every - 1] - delay * study.luck[trial]
        pace = max(0.0, spent) / (step - every)
    lost, held = float(study.lost[trial]), float(gone - begun)
    seconds = [lost, held] if lost else [held]
    return TrialRecord(
        number=trial,
        attempt=len(seconds),
        step=step,
        end=End(
            reason=state.value,
            message="",
            state=state,
            at=float(gone),
            gpu_seconds=GPUS * (lost + held),
            held=lost + held,
            pace=pace,
        ),
        attempts=tuple(
            AttemptRecord(number, pod_uid=f"{trial}-{number}", gpus=GPUS, held=each, over=True)
            for number, each in enumerate(seconds, 1)
        ),
    )
