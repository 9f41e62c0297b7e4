"""Decision for decision the same as the real Optuna, on generated histories."""

from __future__ import annotations

import optuna
import pytest

from espalier.pruning import (
    Hyperband,
    Ledger,
    Match,
    Median,
    Nop,
    Patient,
    Percentile,
    SuccessiveHalving,
    Terms,
    Threshold,
    Wilcoxon,
)
from tests.pruning.histories import DIRECTIONS, Ended, Said, Shape, draw, feed
from tests.pruning.oracle import Oracle

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

HISTORIES = 1040
"""In each direction, for every pruner that both have."""
HORIZON = 7

# Pruners that keep nothing in Optuna's storage can be asked side by side.
STATELESS = {
    "nop": (Nop(), optuna.pruners.NopPruner()),
    "median by default": (Median(), optuna.pruners.MedianPruner()),
    "median with all gates": (
        Median(startup_trials=2, warmup_steps=3, interval_steps=2, min_trials=3),
        optuna.pruners.MedianPruner(2, 3, 2, n_min_trials=3),
    ),
    "percentile 25": (
        Percentile(percentile=25.0, startup_trials=0),
        optuna.pruners.PercentilePruner(25.0, 0),
    ),
    "percentile 12.5": (
        Percentile(percentile=12.5, startup_trials=1),
        optuna.pruners.PercentilePruner(12.5, 1),
    ),
    "percentile 100": (
        Percentile(percentile=100.0, startup_trials=1, interval_steps=3),
        optuna.pruners.PercentilePruner(100.0, 1, 0, 3),
    ),
    "threshold": (
        Threshold(lower=-1.0, upper=0.75),
        optuna.pruners.ThresholdPruner(-1.0, 0.75),
    ),
    "threshold with gates": (
        Threshold(upper=0.25, warmup_steps=2, interval_steps=2),
        optuna.pruners.ThresholdPruner(None, 0.25, 2, 2),
    ),
    "patient alone": (
        Patient(patience=1, min_delta=0.125),
        optuna.pruners.PatientPruner(None, 1, 0.125),
    ),
    "patient around median": (
        Patient(patience=2, inner=Median(startup_trials=1)),
        optuna.pruners.PatientPruner(optuna.pruners.MedianPruner(1), 2),
    ),
}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("shape", "share"),
    [
        pytest.param(Shape(), 0.5, id="ties"),
        pytest.param(Shape(ties=False, workers=8, first_step=0), 0.25, id="no ties, many workers"),
        pytest.param(Shape(nan_share=0.25, steps=5), 0.25, id="NaN"),
    ],
)
def test_pruners_without_memory(shape: Shape, share: float, direction) -> None:
    ours = {name: pair[0] for name, pair in STATELESS.items()}
    theirs = {name: pair[1] for name, pair in STATELESS.items()}
    prunes = dict.fromkeys(ours, 0)
    for seed in range(int(HISTORIES * share)):
        ledger, oracle = Ledger(Terms(direction, HORIZON)), Oracle(f"study-{seed}", direction)
        for event in draw(seed, shape):
            feed(ledger, event)
            oracle.feed(event)
            if isinstance(event, Said):
                said = {name: p.judge(ledger, event.trial).prunes for name, p in ours.items()}
                assert said == oracle.judge_all(event.trial, theirs), (seed, event)
                for name, prune in said.items():
                    prunes[name] += prune
    # A history in which nothing is ever pruned would prove nothing.
    assert all(count > 20 for name, count in prunes.items() if name != "nop"), prunes


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_percentile_matching_exact_steps_that_are_irregular(direction) -> None:
    ours = Percentile(percentile=40.0, startup_trials=1, match=Match.EXACT, min_trials=2)
    theirs = optuna.pruners.PercentilePruner(40.0, 1, n_min_trials=2)
    compared = pruned = 0
    for seed in range(HISTORIES // 2):
        ledger, oracle = Ledger(Terms(direction, 30)), Oracle(f"study-{seed}", direction)
        for event in draw(seed, Shape(irregular=True, steps=6)):
            feed(ledger, event)
            oracle.feed(event)
            if isinstance(event, Said):
                said = ours.judge(ledger, event.trial)
                assert said.prunes == oracle.judge(event.trial, theirs), (seed, event)
                compared += 1
                pruned += said.prunes
    assert pruned > compared / 100


HALVING = [
    (
        SuccessiveHalving(min_resource=1, reduction_factor=2),
        optuna.pruners.SuccessiveHalvingPruner(1, 2),
    ),
    (
        SuccessiveHalving(min_resource=2, reduction_factor=3),
        optuna.pruners.SuccessiveHalvingPruner(2, 3),
    ),
    (
        SuccessiveHalving(min_resource=1, min_early_stopping_rate=1),
        optuna.pruners.SuccessiveHalvingPruner(1, 4, 1),
    ),
    (
        SuccessiveHalving(min_resource=1, reduction_factor=2, bootstrap_count=3),
        optuna.pruners.SuccessiveHalvingPruner(1, 2, 0, 3),
    ),
]
HYPERBAND = [
    (
        Hyperband(min_resource=1, max_resource=7, reduction_factor=2),
        optuna.pruners.HyperbandPruner(1, 7, 2),
    ),
    (
        Hyperband(min_resource=1, max_resource=7, reduction_factor=3, bootstrap_count=1),
        optuna.pruners.HyperbandPruner(1, 7, 3, 1),
    ),
]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("ties", [True, False], ids=["ties", "no ties"])
def test_pruners_with_rungs(ties: bool, direction) -> None:
    pruned = compared = 0
    for seed in range(HISTORIES):
        pairs = (HALVING, HYPERBAND)[seed % 2]
        ours, theirs = pairs[seed // 2 % len(pairs)]
        theirs = _fresh(theirs)
        ledger, oracle = (
            Ledger(Terms(direction, HORIZON, study_uid=f"s{seed}")),
            Oracle(f"s{seed}", direction),
        )
        for event in draw(seed, Shape(ties=ties, trials=12)):
            feed(ledger, event)
            oracle.feed(event)
            if isinstance(event, Said):
                said = ours.judge(ledger, event.trial)
                assert said.prunes == oracle.judge(event.trial, theirs), (seed, event, said)
                compared += 1
                pruned += said.prunes
    assert pruned > compared / 10


def _fresh(pruner):
    # Optuna's Hyperband keeps its brackets' pruners; one object for one study.
    if isinstance(pruner, optuna.pruners.HyperbandPruner):
        return optuna.pruners.HyperbandPruner(
            pruner._min_resource,
            pruner._max_resource,
            pruner._reduction_factor,
            pruner._bootstrap_count,
        )
    return pruner


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_wilcoxon(direction) -> None:
    pruned = 0
    for seed in range(HISTORIES):
        ours = Wilcoxon(p_threshold=(0.1, 0.3, 0.05)[seed % 3], startup_steps=seed % 5)
        theirs = optuna.pruners.WilcoxonPruner(
            p_threshold=ours.p_threshold, n_startup_steps=ours.startup_steps
        )
        ledger, oracle = Ledger(Terms(direction, HORIZON)), Oracle(f"study-{seed}", direction)
        shape = Shape(ties=False, irregular=seed % 2 == 1, trials=5, nan_share=0.01)
        for event in draw(seed, shape):
            if isinstance(event, Ended) and not ledger.curve(event.trial).steps:
                continue
            feed(ledger, event)
            oracle.feed(event)
            if isinstance(event, Said) and (event.step + seed) % 3 == 0:
                said = ours.judge(ledger, event.trial)
                assert said.prunes == oracle.judge(event.trial, theirs), (seed, event, said)
                pruned += said.prunes
    assert pruned > 20
