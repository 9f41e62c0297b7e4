"""How long one value in and one decision out takes, beside Optuna in the same run.

Times are processor time, so that they mean something on a machine that does other things too.
Run with `make bench`, or `pytest tests/bench/test_pruning_speed.py -s`. Figures are printed and
nothing is asserted about time; of each value the least of three times counts. ESPALIER_BENCH_TRIALS
bounds the largest history (default 100000).
"""

from __future__ import annotations

import dataclasses
import gc
import os
import resource
import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Iterator

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
    Terms,
    Threshold,
    TrialState,
    Wilcoxon,
)
from espalier.pruning.pruners.registry import make

STEPS = 50
SIZES = [
    size
    for size in (100, 1_000, 10_000, 100_000)
    if size <= int(os.environ.get("ESPALIER_BENCH_TRIALS", "100000"))
]
OPTUNA_UP_TO = 10_000
FURTHER = 200
WARM_UP = 100
VALUES = 1000
TURNS = 3
RUNNING = 256

OURS: dict[str, Callable[[], Pruner]] = {
    # What it takes to append a value and to make a decision of it: the floor under the others.
    "Nop": lambda: make("Nop", {}),
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
    print(f"\n{'':9}{'':22}{'trials':>8}{'median us':>12}{'p99 us':>12}{'MiB':>10}")


def points(trials: int, seed: int = 1, furthest: int = STEPS) -> Iterator[list[tuple[int, float]]]:
    """Steps and values; steps of their own, drawn from so many, unless they are 1 to STEPS."""
    rng = np.random.default_rng(seed)
    for row in curves(trials, seed):
        steps: Iterable[int] = range(1, STEPS + 1)
        if furthest > STEPS:
            steps = np.sort(rng.choice(furthest, STEPS, replace=False) + 1).tolist()
        yield list(zip(steps, row.tolist(), strict=True))


def judge_of(pruner: Pruner, trials: int, horizon: int = STEPS) -> Judge:
    return Judge(
        pruner,
        Terms(Direction.MAXIMIZE, horizon, study_uid="bench", trials=trials + TURNS * FURTHER),
        Guards(keep_best=1, exempt_percent=0.0),
    )


def judge_with(pruner: Pruner, trials: int, furthest: int = STEPS, running: int = 0) -> Judge:
    """A judge in which as many trials have completed; it is kept from pruning them."""
    judge = judge_of(pruner, trials, furthest)
    # What the pruner keeps up to date must be there before the values are.
    last = trials + TURNS * FURTHER
    judge.ledger.append(Report(last, 1, 1, 0.0), 0.0)
    at_once = {"startup_trials": 0} if hasattr(pruner, "startup_trials") else {}
    dataclasses.replace(pruner, **at_once).judge(judge.ledger, last)
    for trial, curve in enumerate(points(trials, 1, furthest)):
        for step, value in curve:
            judge.ledger.append(Report(trial, 1, step, value), float(step))
        judge.ledger.close(trial, TrialState.COMPLETED)
    for trial, curve in enumerate(points(running, 3, furthest), last + 1):
        for step, value in curve[: 5 + trial % (STEPS - 5)]:
            judge.ledger.append(Report(trial, 1, step, value), float(step))
    return judge


def timed(
    act: Callable[[int, int, float], bool], trials: int, furthest: int = STEPS
) -> list[float]:
    """Microseconds of processor time for each judged value of further trials.

    All values are given again as those of other trials, and the least time of each counts: what
    else the machine does hits a value once, what a value costs is there each time.
    """
    least: dict[tuple[int, int], float] = {}
    gc.disable()
    for turn in range(TURNS):
        judged = 0
        for i, curve in enumerate(points(FURTHER, 2, furthest)):
            for step, value in curve:
                start = time.thread_time_ns()
                pruned = act(trials + turn * FURTHER + i, step, value)
                took = (time.thread_time_ns() - start) / 1e3
                least[i, step] = min(took, least.get((i, step), took))
                judged += 1
                if pruned:
                    break
            if judged >= WARM_UP + VALUES:
                break
    gc.enable()
    return list(least.values())[WARM_UP:]


def row(who: str, name: str, trials: int, times: list[float], memory: float | None) -> str:
    p99 = statistics.quantiles(times, n=100)[98]
    room = "" if memory is None else f"{memory:8.1f}"
    return f"{who:9}{name:22}{trials:>8}{statistics.median(times):12.1f}{p99:12.1f}{room:>10}"


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
    asked = [study.ask() for _ in range(TURNS * FURTHER)]
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
    ledger = Ledger(Terms(Direction.MAXIMIZE, STEPS))
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


@pytest.mark.parametrize("name", ["Median, reached", "Auto", "Posterior"])
def test_restart(name: str) -> None:
    trials = min(10_000, max(SIZES))
    judge = judge_of(OURS[name](), trials)
    history = list(points(trials))
    gc.collect()
    before, start = resident(), time.process_time()
    judged = 0
    for trial, curve in enumerate(history):
        for step, value in curve:
            decision = judge.report(Report(trial, 1, step, value), 100.0 * trial + step).decision
            judged += 1
            if decision is not None and decision.prunes:
                break
        judge.close(trial, TrialState.COMPLETED, 100.0 * trial + STEPS)
    took = time.process_time() - start
    print(
        f"restart: {judged} values of {trials} trials judged again by {name}: {took:.2f} s,"
        f" {1e6 * took / judged:.1f} us a value, {resident() - before:.0f} MiB",
        flush=True,
    )


def measure(label: str, judge: Judge, trials: int, before: float, furthest: int = STEPS) -> None:
    memory = resident() - before

    def act(trial: int, step: int, value: float) -> bool:
        decision = judge.report(Report(trial, 1, step, value), float(step)).decision
        return decision is not None and decision.prunes

    times = timed(act, trials, furthest)
    print(row("Espalier", label, trials, times, memory), flush=True)


@pytest.mark.parametrize(("name", "trials"), [(name, size) for size in SIZES for name in OURS])
def test_ours(name: str, trials: int) -> None:
    gc.collect()
    before = resident()
    measure(name, judge_with(OURS[name](), trials), trials, before)


@pytest.mark.parametrize("trials", [size for size in SIZES if 1000 <= size <= 10_000])
@pytest.mark.parametrize("furthest", [STEPS, 1_000, 1_000_000])
@pytest.mark.parametrize("name", ["Median", "Median, reached"])
def test_steps_of_their_own(name: str, furthest: int, trials: int) -> None:
    gc.collect()
    before, start = resident(), time.process_time()
    judge = judge_with(OURS[name](), trials, furthest)
    took = 1e6 * (time.process_time() - start) / (trials * STEPS)
    print(f"steps up to {furthest}: {took:.1f} us a value on average")
    measure(f"{name}, {furthest:.0e}", judge, trials, before, furthest)


@pytest.mark.parametrize("running", [8, RUNNING, 4 * RUNNING])
@pytest.mark.parametrize("name", ["Posterior", "Auto", "Bandit"])
def test_many_running(name: str, running: int) -> None:
    gc.collect()
    before = resident()
    judge = judge_with(OURS[name](), 1000, running=running)
    measure(f"{name}, {running} run", judge, 1000, before)
