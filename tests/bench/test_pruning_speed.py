"""How long one value in and one decision out takes, beside Optuna in the same run.

Times are processor time, so that they mean something on a machine that does other things too.
Run with `make bench`, or `pytest tests/bench/test_pruning_speed.py -s`. Figures are printed and
nothing is asserted about time. ESPALIER_BENCH_TRIALS bounds the largest history (default 100000).
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState as OptunaState

from espalier.pruning import (
    Direction,
    Guards,
    Hyperband,
    Judge,
    Ledger,
    Median,
    Patient,
    Peers,
    Percentile,
    Pruner,
    Report,
    SuccessiveHalving,
    Threshold,
    TrialState,
    Wilcoxon,
)
from espalier.pruning.registry import make

STEPS = 50
SIZES = [
    size
    for size in (100, 1_000, 10_000, 100_000)
    if size <= int(os.environ.get("ESPALIER_BENCH_TRIALS", "100000"))
]
OPTUNA_UP_TO = 10_000
MODEL_UP_TO = 10_000
FURTHER = 200
VALUES = 600

OURS: dict[str, Callable[[], Pruner]] = {
    "Median": Median,
    "Median, reached": lambda: Median(peers=Peers.REACHED),
    "Percentile 25": lambda: Percentile(percentile=25.0),
    "Threshold": lambda: Threshold(lower=-1e9),
    "Patient": lambda: Patient(patience=5),
    "SuccessiveHalving": lambda: SuccessiveHalving(min_resource=4, reduction_factor=3),
    "Hyperband": lambda: Hyperband(min_resource=4, reduction_factor=3),
    "Wilcoxon": Wilcoxon,
    "Bandit": lambda: make("Bandit", {}),
    "Posterior": lambda: make("Posterior", {}),
    "Auto": lambda: make("Auto", {}),
}
MODELS = {"Bandit", "Posterior", "Auto"}
THEIRS: dict[str, Callable[[], optuna.pruners.BasePruner]] = {
    "Median": optuna.pruners.MedianPruner,
    "Percentile 25": lambda: optuna.pruners.PercentilePruner(25.0),
    "Threshold": lambda: optuna.pruners.ThresholdPruner(-1e9),
    "Patient": lambda: optuna.pruners.PatientPruner(None, 5),
    "SuccessiveHalving": lambda: optuna.pruners.SuccessiveHalvingPruner(4, 3),
    "Hyperband": lambda: optuna.pruners.HyperbandPruner(4, STEPS, 3),
    "Wilcoxon": optuna.pruners.WilcoxonPruner,
}


def curves(trials: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(trials, 1))
    rise = 1 - np.exp(-np.arange(1, STEPS + 1) / 15)
    return level * rise + rng.normal(scale=0.05, size=(trials, STEPS))


@pytest.fixture(scope="module", autouse=True)
def head() -> None:
    print(f"\n{'':9}{'':20}{'trials':>8}{'median us':>12}{'p99 us':>12}{'MiB':>10}")


def judge_with(pruner: Pruner, trials: int) -> Judge:
    """A judge in which as many trials have completed; it is kept from pruning them."""
    judge = Judge(
        pruner,
        Guards(keep_best=1, exempt_percent=0.0),
        study_uid="bench",
        direction=Direction.MAXIMIZE,
        horizon=STEPS,
        trials=trials + FURTHER,
    )
    # What the pruner keeps up to date must be there before the values are.
    judge.ledger.append(Report(trials + FURTHER, 1, 1, 0.0), 0.0)
    pruner.judge(judge.ledger, trials + FURTHER)
    for trial, values in enumerate(curves(trials).tolist()):
        for step, value in enumerate(values, 1):
            judge.ledger.append(Report(trial, 1, step, value), float(step))
        judge.ledger.close(trial, TrialState.COMPLETED)
    return judge


def timed(act: Callable[[int, int, float], bool], trials: int) -> list[float]:
    """Microseconds of processor time for each judged value of further trials."""
    found: list[float] = []
    gc.disable()
    for trial, values in enumerate(curves(FURTHER, 2).tolist(), trials):
        for step, value in enumerate(values, 1):
            start = time.thread_time_ns()
            pruned = act(trial, step, value)
            found.append((time.thread_time_ns() - start) / 1e3)
            if pruned:
                break
        if len(found) >= VALUES:
            break
    gc.enable()
    return found


def row(who: str, name: str, trials: int, times: list[float], memory: float | None) -> str:
    p99 = statistics.quantiles(times, n=100)[98]
    room = "" if memory is None else f"{memory:8.1f}"
    return f"{who:9}{name:20}{trials:>8}{statistics.median(times):12.1f}{p99:12.1f}{room:>10}"


def resident() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


@pytest.mark.parametrize("trials", [size for size in SIZES if size <= OPTUNA_UP_TO])
@pytest.mark.parametrize("name", THEIRS)
def test_optuna(name: str, trials: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(direction="maximize", pruner=THEIRS[name]())
        # Filled past `add_trial`, which copies all trials each time.
        for values in curves(trials).tolist():
            number = study._storage.create_new_trial(study._study_id)
            for step, value in enumerate(values, 1):
                study._storage.set_trial_intermediate_value(number, step, value)
            for rung, step in enumerate((4, 12, 36)):
                key, value = f"completed_rung_{rung}", values[step - 1]
                study._storage.set_trial_system_attr(number, key, value)
            study._storage.set_trial_state_values(number, OptunaState.COMPLETE, [values[-1]])
        print(row("Optuna", name, trials, timed(asker(study), trials), None), flush=True)


def asker(study: optuna.Study) -> Callable[[int, int, float], bool]:
    # To begin a trial is no part of a decision.
    asked = [study.ask() for _ in range(FURTHER)]
    first = asked[0].number

    def act(trial: int, step: int, value: float) -> bool:
        asked[trial - first].report(value, step)
        return asked[trial - first].should_prune()

    return act


@pytest.mark.parametrize("peers", Peers)
def test_rebuild(peers: Peers) -> None:
    trials = min(10_000, max(SIZES))
    values = curves(trials).tolist()
    reports = [
        Report(trial, 1, step, value)
        for trial, curve in enumerate(values)
        for step, value in enumerate(curve, 1)
    ]
    gc.collect()
    before, start = resident(), time.process_time()
    ledger = Ledger(Direction.MAXIMIZE, STEPS)
    for report in reports:
        ledger.append(report)
    for trial in range(trials):
        ledger.close(trial, TrialState.COMPLETED)
    Median(peers=peers).judge(ledger, 0)
    took = time.process_time() - start
    print(
        f"rebuild of {trials} x {STEPS} values and Median's ranks ({peers}): {took:.2f} s,"
        f" {resident() - before:.0f} MiB",
        flush=True,
    )


@pytest.mark.parametrize(
    ("name", "trials"),
    [(name, size) for size in SIZES for name in OURS if name not in MODELS or size <= MODEL_UP_TO],
)
def test_ours(name: str, trials: int) -> None:
    gc.collect()
    before = resident()
    judge = judge_with(OURS[name](), trials)
    memory = resident() - before

    def act(trial: int, step: int, value: float) -> bool:
        decision = judge.report(Report(trial, 1, step, value), float(step)).decision
        return decision is not None and decision.prunes

    times = timed(act, trials)
    print(row("Espalier", name, trials, times, memory), flush=True)
