"""What is wrong elsewhere, and must not be wrong here."""

from __future__ import annotations

import copy
import math

import pytest

from espalier.pruning import (
    Direction,
    Guards,
    Hyperband,
    Judge,
    Ledger,
    Median,
    Peers,
    Percentile,
    Report,
    SuccessiveHalving,
    Terms,
    TrialState,
)
from espalier.pruning.pruners.hyperband import bracket_weights
from tests.pruning.every_pruner import EVERY
from tests.pruning.histories import Shape, draw, feed

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE


def completed(direction: Direction, values: list[float]) -> Ledger:
    ledger = Ledger(Terms(direction, 30, study_uid="s"))
    for trial, value in enumerate(values):
        ledger.append(Report(trial, 1, 1, value))
        ledger.close(trial, TrialState.COMPLETED)
    return ledger


@pytest.mark.parametrize("direction", [UP, DOWN])
def test_the_25th_percentile_keeps_the_best_quarter_in_both_directions(direction) -> None:
    """The Rust crate keeps 75 of 100 when maximizing."""
    ledger = completed(direction, [float(v) for v in range(100)])
    pruner = Percentile(percentile=25.0)
    kept = 0
    for trial in range(100):
        ledger.append(Report(100 + trial, 1, 1, float(trial)))
        kept += not pruner.judge(ledger, 100 + trial).prunes
    assert kept == 25


def test_the_median_is_no_mean() -> None:
    """Katib's medianstop compares with the mean of the trials' means."""
    ledger = completed(UP, [1.0, 1.0, 1.0, 1.0, 1000.0])
    ledger.append(Report(9, 1, 1, 1.0))
    decision = Median().judge(ledger, 9)
    assert not decision.prunes
    assert decision.evidence["threshold"] == 1.0


def test_a_trial_that_passed_a_rung_is_not_judged_at_it_again() -> None:
    """The Rust crate judges a rung anew at every report until the next."""
    ledger = Ledger(Terms(UP, 30))
    pruner = SuccessiveHalving(min_resource=1, reduction_factor=3)
    ledger.append(Report(0, 1, 1, 1.0))
    assert not pruner.judge(ledger, 0).prunes
    for trial in range(1, 9):
        ledger.append(Report(trial, 1, 1, 5.0))
    ledger.append(Report(0, 1, 2, 1.0))
    assert pruner.judge(ledger, 0).reason.value == "BetweenRungs"


def test_brackets_survive_a_restart() -> None:
    """The Rust crate forgets them, and prunes none of 100 hopeless trials afterwards."""
    pruner = Hyperband(min_resource=1, max_resource=27)
    ledger = Ledger(Terms(UP, 27, study_uid="u"))
    for trial in range(100):
        for step in range(1, 28):
            ledger.append(Report(trial, 1, step, 1.0))
        ledger.close(trial, TrialState.COMPLETED)
    fresh = Hyperband(min_resource=1, max_resource=27)
    restarted = Ledger(Terms(UP, 27, study_uid="u"))
    for trial in range(100):
        for step in range(1, 28):
            restarted.append(Report(trial, 1, step, 1.0))
        restarted.close(trial, TrialState.COMPLETED)
    pruned = 0
    for trial in range(100, 200):
        for step in range(1, 27):
            ledger.append(Report(trial, 1, step, -1.0))
            restarted.append(Report(trial, 1, step, -1.0))
            decision = pruner.judge(ledger, trial)
            assert fresh.judge(restarted, trial) == decision
            if decision.prunes:
                pruned += 1
                break
    # The bracket that first prunes at step 27 cannot prune before the end.
    last = bracket_weights(1, 27, 3)[-1] / sum(bracket_weights(1, 27, 3))
    assert pruned > 100 * (1 - 2.5 * last)


def test_nan_neither_raises_nor_survives() -> None:
    """The Rust crate panics on some NaN among peers and never prunes a trial that is NaN."""
    for pruner in EVERY.values():
        judge = Judge(pruner, Terms(UP, 30, study_uid="n", target=1.0), Guards(exempt_percent=0))
        for trial in range(30):
            for step in (1, 2, 3):
                value = math.nan if trial % 3 == 0 else float(trial)
                verdict = judge.report(Report(trial, 1, step, value), float(step))
                if verdict.decision is None or verdict.decision.prunes:
                    break
            state = judge.ledger.curve(trial).state
            assert trial % 3 or state is TrialState.PRUNED
            judge.close(trial, TrialState.COMPLETED, 9.0)


def test_a_pruned_trial_has_its_own_values_and_no_invented_one() -> None:
    """The Rust crate and Katib tell the sampler 0.0, or that the trial completed."""
    judge = Judge(
        SuccessiveHalving(min_resource=1, reduction_factor=2),
        Terms(DOWN, 30, study_uid="s"),
        Guards(exempt_percent=0),
    )
    for trial, value in enumerate([1.0, 2.0, 100.0]):
        judge.report(Report(trial, 1, 1, value), 0.0)
    curve = judge.ledger.curve(2)
    assert curve.state is TrialState.PRUNED
    assert judge.ledger.user(curve.last) == 100.0
    assert judge.ledger.completed == 0


@pytest.mark.parametrize("name", EVERY)
def test_judging_writes_nothing(name: str) -> None:
    """Optuna's rung pruners write to the storage while they judge."""
    pruner = EVERY[name]
    ledger = Ledger(Terms(UP, 30, study_uid="s", target=1.0))
    for event in draw(3, Shape(trials=8)):
        feed(ledger, event)
    for trial in range(8):
        pruner.judge(ledger, trial)
    before = copy.deepcopy(ledger)
    for trial in range(8):
        pruner.judge(ledger, trial)
    for trial in range(8):
        one, other = ledger.curve(trial), before.curve(trial)
        assert [repr(getattr(one, f)) for f in one.__slots__] == [
            repr(getattr(other, f)) for f in other.__slots__
        ]
    assert ledger.counts == before.counts


def test_running_and_pruned_trials_count_as_peers_if_asked() -> None:
    """Completed trials alone are survivors, and are few while many trials run."""
    ledger = Ledger(Terms(UP, 30))
    for trial in range(9):
        ledger.append(Report(trial, 1, 1, float(trial)))
    assert not Median(startup_trials=0).judge(ledger, 0).prunes
    assert Median(startup_trials=0, peers=Peers.REACHED).judge(ledger, 0).prunes
