"""What stands above every pruner."""

from __future__ import annotations

import math

import pytest

from espalier.pruning import (
    Action,
    AllOf,
    AnyOf,
    MinimumAcceptable,
    Nop,
    Reason,
    Report,
    SettingsError,
    SuccessiveHalving,
    Threshold,
    TrialState,
)
from tests.pruning.judging import DOWN, UP, judge_of, say


def test_nothing_is_pruned_at_or_after_the_last_step() -> None:
    judge = judge_of(horizon=3)
    assert say(judge, 0, 3, -1.0).reason is Reason.LAST_STEP
    assert say(judge, 0, 4, -1.0).reason is Reason.LAST_STEP
    assert say(judge, 1, 2, -1.0).action is Action.PRUNE


def test_a_trial_that_counts_from_zero_has_its_last_step_one_earlier() -> None:
    judge = judge_of(horizon=3)
    say(judge, 0, 0, 1.0)
    assert say(judge, 0, 2, -1.0).reason is Reason.LAST_STEP


def test_a_pruned_trial_is_closed_at_once_and_its_late_values_are_not_judged() -> None:
    judge = judge_of()
    assert say(judge, 0, 1, -1.0).action is Action.PRUNE
    assert judge.ledger.curve(0).state is TrialState.PRUNED
    assert judge.report(Report(0, 1, 2, 5.0), 0.0).decision is None
    judge.close(0, TrialState.COMPLETED, 1.0)
    assert judge.ledger.curve(0).state is TrialState.PRUNED
    assert judge.summary().late == 1


@pytest.mark.parametrize(("direction", "sign"), [(UP, 1.0), (DOWN, -1.0)])
def test_a_trial_below_the_minimum_acceptable_is_pruned_from_its_step_on(direction, sign) -> None:
    floor = MinimumAcceptable(value=0.5 * sign, from_step=3)
    judge = judge_of(Nop(), direction=direction, minimum_acceptable=floor)
    for step in (1, 2):
        assert say(judge, 0, step, 0.4 * sign).action is Action.KEEP
    decision = say(judge, 0, 3, 0.4 * sign)
    assert decision.reason is Reason.BELOW_MINIMUM
    assert decision.evidence == {"value": 0.4 * sign, "minimum": 0.5 * sign, "fromStep": 3}
    for step in (1, 2, 3, 4):
        # Its best value counts, so one that was good once is kept.
        assert say(judge, 1, step, (0.5 if step == 1 else 0.1) * sign).action is Action.KEEP


def test_two_nan_in_a_row_are_divergence_and_one_is_not() -> None:
    judge = judge_of(Nop(), nan_patience=2)
    assert say(judge, 0, 1, math.nan).action is Action.KEEP
    assert say(judge, 0, 2, 0.5).action is Action.KEEP
    assert say(judge, 0, 3, math.nan).action is Action.KEEP
    assert say(judge, 0, 4, math.nan).reason is Reason.DIVERGED


def test_the_best_trials_are_kept_whatever_the_pruner_says() -> None:
    judge = judge_of(keep_best=2)
    for trial, value in enumerate([-1.0, -2.0, -3.0]):
        decision = say(judge, trial, 1, value)
        assert decision.action is (Action.PRUNE if trial == 2 else Action.KEEP)
    assert say(judge, 0, 2, -5.0).reason is Reason.AMONG_BEST
    assert say(judge, 0, 3, -5.0).evidence["overruled"] == "BelowLower"
    # The second best fails, so the next one moves up.
    say(judge, 4, 1, 1.0)
    judge.close(4, TrialState.FAILED, 0.0)
    assert say(judge, 1, 2, -9.0).reason is Reason.AMONG_BEST


def test_patience_asks_for_votes_in_a_row() -> None:
    judge = judge_of(Threshold(lower=0.0, patience=3))
    values = [-1.0, -1.0, 1.0, -1.0, -1.0, -1.0]
    actions = [say(judge, 0, step, value).action for step, value in enumerate(values, 1)]
    assert actions == [Action.KEEP] * 5 + [Action.PRUNE]


def test_patience_of_a_rung_pruner_counts_rungs() -> None:
    judge = judge_of(SuccessiveHalving(min_resource=2, reduction_factor=2, patience=2))
    for trial in range(4):
        for step in range(1, 9):
            say(judge, trial, step, 5.0)
    decisions = [say(judge, 9, step, 1.0) for step in (2, 3, 4)]
    assert [d.reason for d in decisions] == [
        Reason.AWAITING_PATIENCE,
        Reason.BETWEEN_RUNGS,
        Reason.BELOW_RUNG_CUT,
    ]


def test_any_prunes_on_one_vote_and_all_on_no_less_than_all() -> None:
    high, low = Threshold(upper=10.0), Threshold(lower=0.0)
    one, every = judge_of(AnyOf(of=(high, low))), judge_of(AllOf(of=(high, low)))
    assert say(one, 0, 1, 11.0).reason is Reason.ABOVE_UPPER
    assert say(one, 1, 1, -1.0).reason is Reason.BELOW_LOWER
    assert say(one, 2, 1, 5.0).action is Action.KEEP
    for trial, value in enumerate([11.0, -1.0, 5.0]):
        assert say(every, trial, 1, value).action is Action.KEEP
    both = judge_of(AllOf(of=(Threshold(upper=10.0), Threshold(upper=20.0))))
    assert say(both, 0, 1, 15.0).action is Action.KEEP
    assert say(both, 0, 2, 25.0).action is Action.PRUNE


def test_patience_in_a_composition_is_each_pruners_own() -> None:
    patient, hasty = Threshold(lower=0.0, patience=2), Threshold(lower=-10.0)
    judge = judge_of(AnyOf(of=(patient, hasty)))
    assert say(judge, 0, 1, -1.0).action is Action.KEEP
    assert say(judge, 0, 2, -1.0).action is Action.PRUNE
    assert say(judge, 1, 1, -11.0).action is Action.PRUNE


@pytest.mark.parametrize("kind", [AnyOf, AllOf])
def test_composites_do_not_hold_composites(kind) -> None:
    with pytest.raises(SettingsError, match="plain pruners"):
        kind(of=(Nop(), AllOf(of=(Nop(),))))
    with pytest.raises(SettingsError, match="1 to 8"):
        kind(of=())
