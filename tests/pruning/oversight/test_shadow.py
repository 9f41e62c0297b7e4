"""Pruners that judge without acting, and the risk that pruning spends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import pytest

from espalier.pruning import (
    Action,
    AllOf,
    AnyOf,
    BreakerSettings,
    Decision,
    Ledger,
    Nop,
    Reason,
    Report,
    TrialState,
)
from tests.pruning.judging import STRICT, judge_of, say


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


def test_a_shadow_is_not_credited_with_what_guards_end_nor_with_exempt_trials() -> None:
    judge = judge_of(Nop(), shadows=[("strict", STRICT)], nan_patience=1)
    judge.exempt = lambda trial: trial < 2
    for step, values in enumerate([(math.nan, -1.0, math.nan, -1.0, 1.0), (1.0,) * 5], 1):
        for trial, value in enumerate(values):
            judge.report(Report(trial, 1, step, value), 0.0)
    (strict,) = judge.summary().shadows
    # Trial 2 is ended by the guard, which leaves trial 3 to the shadow.
    assert (strict.would_prune, strict.would_save, strict.steps) == (1, 1, 9)


@pytest.mark.parametrize(
    ("early", "exempt", "loses"),
    [
        pytest.param(-1.0, (), True, id="it would have pruned the best"),
        pytest.param(-1.0, (0,), True, id="it would have pruned the best, were that not exempt"),
        pytest.param(math.nan, (0,), False, id="a guard would have ended the best"),
        pytest.param(1.0, (), False, id="it would have kept the best"),
    ],
)
@pytest.mark.parametrize("window", [None, 1])
def test_a_shadow_loses_the_best_of_all_completed_trials_if_it_says_prune(
    early, exempt, loses, window
) -> None:
    judge = judge_of(Nop(), shadows=[("strict", STRICT)], nan_patience=1, window=window)
    judge.exempt = lambda trial: trial in exempt
    for trial, values in enumerate([[early, 9.0], [1.0, 5.0]]):
        for step, value in enumerate(values, 1):
            judge.report(Report(trial, 1, step, value), 0.0)
        judge.close(trial, TrialState.COMPLETED, 0.0)
    assert judge.summary().shadows[0].loses_best is loses


def test_a_shadow_has_a_breaker_and_exempt_trials_as_the_pruner_that_acts() -> None:
    breaker = BreakerSettings(min_trials=1, share_percent=50.0, within_seconds=60.0)
    judge = judge_of(Nop(), shadows=[("strict", STRICT)], breaker=breaker)
    judge.exempt = lambda trial: trial == 3
    for trial in range(4):
        judge.report(Report(trial, 1, 1, 1.0), 0.0)
    reasons = []
    for trial in (3, 0, 1):
        verdict = judge.report(Report(trial, 1, 2, -1.0), 100.0)
        ((_, decision),) = verdict.shadows
        reasons.append(decision.reason)
    assert reasons == [Reason.EXEMPT, Reason.BELOW_LOWER, Reason.BREAKER_OPEN]
    assert not judge.summary().breaker_open


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
    judge = judge_of(AnyOf(of=(Risky(0.06), Risky(0.03))))
    assert say(judge, 0, 1, 1.0).prunes
    assert judge.summary().risk_spent == pytest.approx(0.06 + 0.03)
    # The first has no risk left for another; the second has for two.
    assert [say(judge, trial, 1, 1.0).prunes for trial in (1, 2, 3)] == [True, True, False]
    assert judge.summary().risk_spent == pytest.approx(0.06 + 3 * 0.03)


def test_a_pruner_whose_vote_was_needed_spends_its_risk_whoever_gave_the_reason() -> None:
    judge = judge_of(AllOf(of=(STRICT, Risky())))
    assert not say(judge, 0, 1, 1.0).prunes
    assert judge.summary().risk_spent == 0.0
    assert [say(judge, trial, 1, -1.0).prunes for trial in (1, 2, 3, 4)] == [True] * 3 + [False]
    assert judge.summary().risk_spent == pytest.approx(0.09)


def test_what_a_guard_prunes_costs_a_shadow_no_risk() -> None:
    judge = judge_of(Nop(), shadows=[("risky", Risky())], nan_patience=1)
    say(judge, 0, 1, 1.0)
    assert say(judge, 1, 1, math.nan).prunes
    (shadow,) = judge.shadows
    assert shadow.pruner_state.spent == pytest.approx(0.03)
