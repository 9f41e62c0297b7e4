"""Where we differ from Optuna on purpose: each with its reason, and the proof of both sides."""

from __future__ import annotations

import math
from itertools import pairwise

import optuna
import pytest

from espalier.pruning import (
    AllOf,
    Direction,
    Guards,
    Hyperband,
    Judge,
    Ledger,
    Match,
    Median,
    Patient,
    Percentile,
    Reason,
    Report,
    SuccessiveHalving,
    Terms,
    TrialState,
    Wilcoxon,
)
from espalier.pruning.history.columns import column_of
from tests.pruning.histories import Ended, Event, Said, draw, feed
from tests.pruning.oracle import Oracle

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
DONE = TrialState.COMPLETED
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def curve(trial: int, steps: dict[int, float], end: TrialState | None = DONE) -> list[Event]:
    said: list[Event] = [Said(trial, step, value) for step, value in steps.items()]
    return said if end is None else [*said, Ended(trial, end)]


def both(
    events: list[Event], ours, theirs, trial: int, direction=UP, horizon: int | None = 30
) -> tuple[bool, bool]:
    ledger, oracle = Ledger(Terms(direction, horizon, study_uid="s")), Oracle("s", direction)
    said = their = False
    for event in events:
        feed(ledger, event)
        oracle.feed(event)
        if isinstance(event, Said):
            their = oracle.judge(event.trial, theirs)
            said = ours.judge(ledger, event.trial).prunes
    assert isinstance(events[-1], Said)
    assert events[-1].trial == trial
    return said, their


def test_values_match_at_or_before_a_step() -> None:
    """Exact matching silently stops pruning where trials report at different steps."""
    events = [*curve(0, {2: 1.0, 4: 1.0}), *curve(1, {3: 0.0}, None)]
    theirs = optuna.pruners.MedianPruner(0)
    assert both(events, Median(startup_trials=0), theirs, 1) == (True, False)
    exact = Median(startup_trials=0, match=Match.EXACT)
    assert both(events, exact, theirs, 1) == (False, False)


def test_nan_counts_as_the_worst_trial_of_its_rung() -> None:
    """It reached the rung and lost; Optuna forgets that it was there."""
    events = [
        *curve(0, {1: math.nan}, TrialState.PRUNED),
        *curve(1, {1: 2.0}, None),
        *curve(2, {1: 3.0}, None),
        *curve(3, {1: 2.5}, None),
    ]
    ours = SuccessiveHalving(min_resource=1, reduction_factor=2)
    theirs = optuna.pruners.SuccessiveHalvingPruner(1, 2)
    assert both(events, ours, theirs, 3) == (False, True)


def test_a_report_that_passes_several_rungs_counts_in_all_of_them() -> None:
    """What others are compared with does not depend on whether this trial was pruned."""
    events = [
        *curve(0, {1: 5.0, 2: 5.0}, None),
        *curve(1, {1: 6.0, 2: 4.0}, None),
        *curve(2, {2: 0.0}, None),
        *curve(3, {2: 0.0}, None),
        *curve(4, {1: 9.0, 2: 4.5}, None),
    ]
    ours = SuccessiveHalving(min_resource=1, reduction_factor=2)
    theirs = optuna.pruners.SuccessiveHalvingPruner(1, 2)
    assert both(events, ours, theirs, 4) == (False, True)


def test_the_first_rung_by_default_follows_from_the_declared_horizon() -> None:
    """Optuna takes it from whichever trial completes first, and anew after a restart."""
    events = [*curve(0, {1: 2.0}, None), *curve(1, {1: 1.0}, None)]
    ours, theirs = SuccessiveHalving(), optuna.pruners.SuccessiveHalvingPruner()
    assert both(events, ours, theirs, 1) == (True, False)


def test_no_bracket_is_lost_at_a_power() -> None:
    """floor(log(243, 3)) is 4: Optuna has five brackets there, the paper six."""
    theirs = optuna.pruners.HyperbandPruner(1, 243, 3)
    oracle = Oracle("s", UP)
    oracle.feed(Said(0, 1, 1.0))
    oracle.judge(0, theirs)
    assert theirs._n_brackets == 5
    ledger = Ledger(Terms(UP, 243, study_uid="s"))
    brackets = set()
    for trial in range(2000):
        ledger.append(Report(trial, 1, 1, 1.0))
        brackets.add(Hyperband().judge(ledger, trial).bracket)
    assert brackets == {0, 1, 2, 3, 4, 5}


def test_values_behind_the_latest_step_are_not_judged() -> None:
    """The latest step was judged; Optuna judges it again with every late value."""
    events = [
        *curve(0, {4: 1.0}),
        *curve(1, {4: 1.0, 5: 1.0}, None),
    ]
    judge = Judge(
        Median(startup_trials=0),
        Terms(UP, 30, study_uid="s"),
        Guards(keep_best=0, exempt_percent=0),
    )
    for event in events:
        if isinstance(event, Said):
            judge.report(Report(event.trial, 1, event.step, event.value), 0.0)
        else:
            judge.close(event.trial, event.state, 0.0)
    late = judge.report(Report(1, 1, 3, 7.0), 1.0).decision
    assert late is not None
    assert (late.prunes, late.reason.value) == (False, "BehindLatestStep")


def test_infinite_peers_do_not_make_the_percentile_undefined() -> None:
    """numpy interpolates between -inf and a number to NaN, on which Optuna keeps all."""
    events = [
        *curve(0, {1: -math.inf}),
        *curve(1, {1: -math.inf}),
        *curve(2, {1: 1.0}),
        *curve(3, {1: 2.0}),
        *curve(4, {1: 3.0}),
        *curve(5, {1: -5.0}, None),
    ]
    ours = Percentile(percentile=60.0, startup_trials=0)
    assert both(events, ours, optuna.pruners.PercentilePruner(60.0, 0), 5)[0] is False
    rank = Percentile(percentile=50.0, startup_trials=0)
    assert both(events, rank, optuna.pruners.PercentilePruner(50.0, 0), 5) == (True, True)


def test_percentiles_are_the_same_in_both_directions_to_the_last_bit() -> None:
    """Optuna rounds p when minimizing and 100 - p when maximizing: a tie can be lost to it."""
    up_and_down = []
    for sign, direction in ((1.0, UP), (-1.0, DOWN)):
        events = [
            *(e for i, v in enumerate([0.1, 0.2, 0.3, 0.4]) for e in curve(i, {1: sign * v})),
            *curve(4, {1: sign * 0.37}, None),
        ]
        ours, theirs = (
            Percentile(percentile=10.0, startup_trials=0),
            optuna.pruners.PercentilePruner(10.0, 0),
        )
        up_and_down.append(both(events, ours, theirs, 4, direction))
    (up, their_up), (down, their_down) = up_and_down
    assert up == down == their_up
    assert their_up != their_down


def test_of_equal_best_trials_the_one_started_first_is_compared_with() -> None:
    """Optuna takes the one that completed first, which depends on the speed of machines."""
    far = dict.fromkeys(range(1, 7), 9.0) | {7: 1.0}
    near = dict.fromkeys(range(1, 7), -9.0) | {7: 1.0}
    own = dict.fromkeys(range(1, 7), -1.0)
    events = [*curve(1, near), *curve(0, far), *curve(2, own, None)]
    # The real Optuna numbers trials as they are made, so trial 0 must exist first.
    events = [Said(0, 1, 9.0), *curve(1, near), *curve(0, far)[1:], *curve(2, own, None)]
    ours, theirs = Wilcoxon(), optuna.pruners.WilcoxonPruner()
    assert both(events, ours, theirs, 2) == (True, False)


def test_steps_beyond_2048_are_judged_once_in_a_thousandth() -> None:
    """A million columns would cost memory and say nothing that a few thousand do not."""
    ledger, oracle = Ledger(Terms(UP, None)), Oracle("s", UP)
    pruner, theirs = Median(startup_trials=0), optuna.pruners.MedianPruner(0)
    for event in [*curve(0, {4096: 1.0, 4097: 1.0}), Said(1, 4096, 1.0), Said(1, 4097, 1.0)]:
        feed(ledger, event)
        oracle.feed(event)
    assert pruner.judge(ledger, 1).reason.value == "BetweenChecks"
    assert oracle.judge(1, theirs) is False


@pytest.mark.parametrize(("warmup", "interval"), [(0, 1), (0, 3), (0, 7), (4097, 10), (2, 100)])
def test_steps_beyond_2048_are_judged_at_the_check_that_was_announced(warmup, interval) -> None:
    pruner = Median(startup_trials=0, warmup_steps=warmup, interval_steps=interval)
    ledger = Ledger(Terms(UP, None))
    judged, announced = set(), set()
    checks = [step for step in range(4097, 4400) if (step - warmup) % interval == 0]
    for step in range(4090, 4400):
        ledger.append(Report(0, 1, step, 1.0))
        reason = (decision := pruner.judge(ledger, 0)).reason
        if reason is Reason.TOO_FEW_PEERS:
            judged.add(step)
        elif reason is Reason.BETWEEN_CHECKS and step in checks:
            announced.add(decision.evidence["next"])
    due = {step for before, step in pairwise(checks) if column_of(step) > before}
    assert judged & set(checks[1:]) == due
    assert {step for step in announced if step < 4400} <= due


def test_all_of_patient_and_another_is_patient_around_the_other() -> None:
    """A Study has no pruner inside another; type AllOf says the same."""
    inner = Median(startup_trials=1)
    around, beside = Patient(patience=1, inner=inner), AllOf(of=(Patient(patience=1), inner))
    pruned = 0
    for seed in range(200):
        ledger = Ledger(Terms(DOWN, 30))
        for event in draw(seed):
            feed(ledger, event)
            if isinstance(event, Said):
                said = around.judge(ledger, event.trial).prunes
                assert said == beside.judge(ledger, event.trial).prunes
                pruned += said
    assert pruned > 50
