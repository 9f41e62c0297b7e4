"""What stands above every pruner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import pytest

from espalier.pruning import (
    Action,
    All,
    Any,
    BreakerSettings,
    Decision,
    Direction,
    Guards,
    Judge,
    Ledger,
    MinimumAcceptable,
    Nop,
    Reason,
    Report,
    SettingsError,
    SuccessiveHalving,
    Threshold,
    TrialState,
)
from espalier.pruning.exempt import Exemption
from espalier.pruning.summary import clopper_pearson

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
STRICT = Threshold(lower=0.0)
OFF = BreakerSettings(share_percent=0.0)


def judge_of(
    pruner=STRICT, *, direction=UP, horizon=30, shadows=(), trials=None, **guards
) -> Judge:
    settings = {"exempt_percent": 0.0, "keep_best": 0, "nan_patience": 0, "breaker": OFF, **guards}
    return Judge(
        pruner,
        Guards(**settings),
        shadows,
        study_uid="guards",
        direction=direction,
        horizon=horizon,
    )


def say(judge: Judge, trial: int, step: int, value: float, at: float = 0.0) -> Decision:
    decision = judge.report(Report(trial, 1, step, value), at).decision
    assert decision is not None
    return decision


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
    one, every = judge_of(Any(of=(high, low))), judge_of(All(of=(high, low)))
    assert say(one, 0, 1, 11.0).reason is Reason.ABOVE_UPPER
    assert say(one, 1, 1, -1.0).reason is Reason.BELOW_LOWER
    assert say(one, 2, 1, 5.0).action is Action.KEEP
    for trial, value in enumerate([11.0, -1.0, 5.0]):
        assert say(every, trial, 1, value).action is Action.KEEP
    both = judge_of(All(of=(Threshold(upper=10.0), Threshold(upper=20.0))))
    assert say(both, 0, 1, 15.0).action is Action.KEEP
    assert say(both, 0, 2, 25.0).action is Action.PRUNE


def test_patience_in_a_composition_is_each_pruners_own() -> None:
    patient, hasty = Threshold(lower=0.0, patience=2), Threshold(lower=-10.0)
    judge = judge_of(Any(of=(patient, hasty)))
    assert say(judge, 0, 1, -1.0).action is Action.KEEP
    assert say(judge, 0, 2, -1.0).action is Action.PRUNE
    assert say(judge, 1, 1, -11.0).action is Action.PRUNE


@pytest.mark.parametrize("kind", [Any, All])
def test_composites_do_not_hold_composites(kind) -> None:
    with pytest.raises(SettingsError, match="plain pruners"):
        kind(of=(Nop(), All(of=(Nop(),))))
    with pytest.raises(SettingsError, match="1 to 8"):
        kind(of=())


# Exempt trials.


@pytest.mark.parametrize("percent", [1.0, 5.0, 10.0, 33.0, 100.0])
def test_the_exempt_share_is_exact_in_every_block(percent: float) -> None:
    exempt = Exemption("uid", 0, percent, None)
    block = round(100 / percent)
    for start in range(0, 10 * block, block):
        assert sum(exempt(trial) for trial in range(start, start + block)) == 1


@pytest.mark.parametrize(("trials", "least"), [(15, 3), (30, 3), (60, 3), (200, 10)])
def test_at_least_three_trials_are_exempt(trials: int, least: int) -> None:
    for uid in map(str, range(20)):
        exempt = Exemption(uid, 0, 5.0, trials)
        assert sum(map(exempt, range(trials))) >= least


def test_a_small_study_does_not_lose_its_pruning_to_exemption() -> None:
    assert sum(map(Exemption("uid", 0, 5.0, 5), range(5))) == 1
    assert not any(map(Exemption("uid", 0, 0.0, 5), range(5)))


def test_exemption_is_a_function_of_the_study_and_the_number() -> None:
    chosen = [set(filter(Exemption(uid, 0, 5.0, None), range(2000))) for uid in ("a", "a", "b")]
    assert chosen[0] == chosen[1] != chosen[2]


def test_an_exempt_trial_is_kept_and_tells_whether_pruning_would_have_been_wrong() -> None:
    judge = judge_of(exempt_percent=50.0)
    exempt = [trial for trial in range(40) if judge.exempt(trial)]
    for trial in range(40):
        decision = say(judge, trial, 1, -1.0 if trial in exempt else 1.0)
        assert decision.reason is (Reason.EXEMPT if trial in exempt else Reason.WITHIN_BOUNDS)
        # The first two exempt trials end as the best of all.
        say(judge, trial, 2, 9.0 if trial in exempt[:2] else 1.0)
        judge.close(trial, TrialState.COMPLETED, 0.0)
    summary = judge.summary()
    assert (summary.exempt, summary.exempt_would_prune, summary.false_prunes) == (20, 20, 2)
    assert summary.false_prune_rate == 0.1
    assert (summary.false_prune_low, summary.false_prune_high) == clopper_pearson(2, 20)


def test_clopper_pearson_intervals_are_the_known_ones() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.3084971078))
    assert clopper_pearson(10, 10) == pytest.approx((0.6915028922, 1.0))
    assert clopper_pearson(2, 20) == pytest.approx((0.0123485271, 0.3169827140))


# The circuit breaker.


def test_the_breaker_stops_a_massacre_and_says_so() -> None:
    judge = judge_of(breaker=BreakerSettings())
    for trial in range(10):
        say(judge, trial, 1, 1.0, at=0.0)
    decisions = [say(judge, trial, 2, -1.0, at=100.0 + trial) for trial in range(10)]
    assert [d.action for d in decisions] == [Action.PRUNE] * 8 + [Action.KEEP] * 2
    assert decisions[-1].reason is Reason.BREAKER_OPEN
    assert judge.summary().breaker_open
    # It closes after a while.
    assert say(judge, 9, 3, -1.0, at=800.0).action is Action.PRUNE
    assert not judge.summary().breaker_open
    assert judge.summary().breaker_trips == 1


def test_a_stream_of_young_trials_does_not_open_the_breaker() -> None:
    judge = judge_of(breaker=BreakerSettings())
    for trial in range(200):
        assert say(judge, trial, 1, -1.0, at=float(trial)).action is Action.PRUNE


def test_pruning_two_of_three_running_trials_is_plausible() -> None:
    judge = judge_of(breaker=BreakerSettings())
    for trial in range(30):
        say(judge, trial, 1, 1.0, at=0.0)
    for trial in range(30):
        value = -1.0 if trial % 3 else 1.0
        decision = say(judge, trial, 2, value, at=100.0)
        assert decision.action is (Action.PRUNE if trial % 3 else Action.KEEP)


# Shadows and risk.


def test_a_shadow_judges_without_acting_and_tells_what_it_would_have_done() -> None:
    judge = judge_of(Nop(), shadows=[("strict", STRICT), ("nop", Nop())])
    for trial in range(3):
        for step in range(1, 11):
            # The last one dips at step 4, and wins.
            value = trial + 1.0 if (trial, step) != (2, 4) else -1.0
            verdict = judge.report(Report(trial, 1, step, value), 0.0)
            assert verdict.decision is not None
            assert verdict.decision.action is Action.KEEP
            names = [name for name, _ in verdict.shadows]
            assert names == (["nop"] if (trial, step) > (2, 4) else ["strict", "nop"])
        judge.close(trial, TrialState.COMPLETED, 0.0)
    strict, nop = judge.summary().shadows
    assert (strict.would_prune, strict.would_save, strict.steps) == (1, 6, 30)
    assert strict.loses_best
    assert (nop.would_prune, nop.would_save, nop.loses_best) == (0, 0, False)


@dataclass(frozen=True)
class Risky:
    """Prunes every trial, at a risk."""

    risk: float = 0.03
    name: ClassVar[str] = "Risky"
    stated_risk: ClassVar[float] = 0.1

    def judge(self, ledger: Ledger, trial: int) -> Decision:
        step = ledger.curve(trial).last_step
        risk = {"risk": self.risk}
        return Decision(
            trial, 1, step, Action.PRUNE, Reason.PLUGIN_PRUNES, risk, None, None, self.name, {}
        )


def test_when_the_stated_risk_is_spent_only_guards_prune() -> None:
    judge = judge_of(Risky(), nan_patience=2)
    actions = [say(judge, trial, 1, 1.0) for trial in range(5)]
    assert [d.action for d in actions] == [Action.PRUNE] * 3 + [Action.KEEP] * 2
    assert actions[-1].reason is Reason.RISK_SPENT
    summary = judge.summary()
    assert summary.risk_stated == 0.1
    assert summary.risk_spent == pytest.approx(0.09)
    assert summary.risk_left == pytest.approx(0.01)
    say(judge, 9, 1, math.nan)
    assert say(judge, 9, 2, math.nan).reason is Reason.DIVERGED


def test_a_trial_that_is_kept_after_all_spends_no_risk() -> None:
    judge = judge_of(Risky(), keep_best=1)
    assert say(judge, 0, 1, 9.0).reason is Reason.AMONG_BEST
    assert judge.summary().risk_spent == 0.0


def test_two_pruners_of_one_name_spend_each_its_own_risk() -> None:
    judge = judge_of(Any(of=(Risky(0.06), Risky(0.03))))
    assert say(judge, 0, 1, 1.0).prunes
    assert judge.summary().risk_spent == pytest.approx(0.06 + 0.03)
    # The first has no risk left for another; the second has for two.
    assert [say(judge, trial, 1, 1.0).prunes for trial in (1, 2, 3)] == [True, True, False]
    assert judge.summary().risk_spent == pytest.approx(0.06 + 3 * 0.03)


def test_a_pruner_whose_vote_was_needed_spends_its_risk_whoever_gave_the_reason() -> None:
    judge = judge_of(All(of=(STRICT, Risky())))
    assert not say(judge, 0, 1, 1.0).prunes
    assert judge.summary().risk_spent == 0.0
    assert [say(judge, trial, 1, -1.0).prunes for trial in (1, 2, 3, 4)] == [True] * 3 + [False]
    assert judge.summary().risk_spent == pytest.approx(0.09)


def test_what_a_guard_prunes_costs_a_shadow_no_risk() -> None:
    judge = judge_of(Nop(), shadows=[("risky", Risky())], nan_patience=1)
    say(judge, 0, 1, 1.0)
    assert say(judge, 1, 1, math.nan).prunes
    (shadow,) = judge.shadows
    assert shadow.line.spent == pytest.approx(0.03)
