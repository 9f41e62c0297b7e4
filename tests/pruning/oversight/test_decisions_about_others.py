"""A value may lead to decisions about other trials: guards, votes and shadows hold for them too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import (
    Action,
    AllOf,
    AnyOf,
    BreakerSettings,
    Decision,
    Nop,
    Reason,
    Receipt,
    Report,
    Restraint,
    TrialState,
)
from tests.pruning.judging import judge_of, say
from tests.pruning.ousting import Ousting


def others(judge, trial: int, step: int, value: float, at: float = 0.0) -> list[Decision]:
    """Return what a value led to besides the decision on its own trial."""
    own, *rest = judge.report(Report(trial, 1, step, value), at).decisions
    assert own.trial == trial
    return rest


def told(decisions: list[Decision]) -> list[tuple[int, Reason]]:
    return [(each.trial, each.reason) for each in decisions]


def test_a_value_prunes_another_trial() -> None:
    judge = judge_of(Ousting(margin=0.5))
    say(judge, 0, 3, 0.1)
    (decision,) = others(judge, 1, 1, 0.9)
    assert (decision.trial, decision.attempt, decision.step) == (0, 1, 3)
    assert decision.action is Action.PRUNE
    assert decision.sentence() == "Pruned: trial 1 has 0.9"
    assert judge.ledger.curve(0).state is TrialState.PRUNED
    assert judge.ledger.curve(1).state is TrialState.RUNNING
    assert judge.report(Report(0, 1, 4, 0.9), 0.0).receipt is Receipt.LATE
    assert (judge.summary().pruned, judge.summary().kept) == (1, 2)


def test_several_trials_are_decided_on_in_the_pruners_order_each_once() -> None:
    judge = judge_of(Ousting(margin=0.5))
    for trial, value in enumerate((0.2, 0.1, 0.5, 0.3)):
        say(judge, trial, 1, value)
    expected = [(1, "PluginPrunes"), (0, "PluginPrunes"), (3, "PluginPrunes"), (2, "PluginKeeps")]
    assert told(others(judge, 4, 1, 0.9)) == expected
    assert told(others(judge, 4, 2, 0.9)) == [(2, "PluginKeeps")]


@dataclass(frozen=True)
class Confused:
    """Speaks of trials that nobody knows, that have ended, of its own, and twice of one."""

    name: ClassVar[str] = "Confused"

    def judge(self, ledger, trial):
        return Ousting().judge(ledger, trial)

    def judge_others(self, ledger, trial):
        for number in (99, -1, trial, 0, 1, 1):
            decision = Ousting().judge(ledger, number)
            yield replace(decision, action=Action.PRUNE, reason=Reason.PLUGIN_PRUNES)


def test_only_trials_that_reported_and_go_on_are_heard_of_and_once() -> None:
    judge = judge_of(Confused())
    for trial in (0, 1):
        assert judge.ledger.append(Report(trial, 1, 1, 0.5)) is Receipt.APPENDED
    judge.close(0, TrialState.COMPLETED, 0.0)
    assert told(others(judge, 2, 1, 0.5)) == [(1, "PluginPrunes")]
    assert 99 not in judge.ledger
    assert -1 not in judge.ledger


def test_no_guard_lets_another_trial_be_pruned_that_it_would_protect_itself() -> None:
    def reason(**guards) -> Reason:
        judge = judge_of(Ousting(margin=0.5), **guards)
        say(judge, 0, 30 if "horizon" in guards else 1, 0.1)
        (decision,) = others(judge, 1, 1, 0.9)
        assert judge.ledger.curve(0).state is TrialState.RUNNING
        assert decision.action is Action.KEEP
        return decision.reason

    assert reason(keep_best=2) is Reason.AMONG_BEST
    assert reason(paused=True) is Reason.PRUNING_PAUSED
    assert reason(horizon=30) is Reason.LAST_STEP
    assert reason(exempt_percent=100.0) is Reason.EXEMPT
    protecting = judge_of(Ousting(margin=0.5))
    protecting.restrain(Restraint(keep_best=0, protected=frozenset({0})))
    say(protecting, 0, 1, 0.1)
    assert told(others(protecting, 1, 1, 0.9)) == [(0, Reason.PROTECTED)]


def test_the_breaker_counts_them() -> None:
    breaker = BreakerSettings(share_percent=50.0, min_trials=2, within_seconds=10.0)
    judge = judge_of(Ousting(margin=0.5), breaker=breaker)
    for trial in range(4):
        say(judge, trial, 1, 0.1)
    found = told(others(judge, 4, 1, 0.9, at=60.0))
    assert found == [(0, Reason.PLUGIN_PRUNES), *((n, Reason.BREAKER_OPEN) for n in (1, 2, 3))]


def test_votes_are_counted_over_all_that_is_said_of_a_trial() -> None:
    judge = judge_of(Ousting(margin=0.5, votes=2))
    say(judge, 0, 1, 0.1)
    assert told(others(judge, 1, 1, 0.9)) == [(0, Reason.AWAITING_PATIENCE)]
    assert told(others(judge, 1, 2, 0.5)) == [(0, Reason.PLUGIN_KEEPS)]
    assert told(others(judge, 1, 3, 0.9)) == [(0, Reason.AWAITING_PATIENCE)]
    assert told(others(judge, 1, 4, 0.9)) == [(0, Reason.PLUGIN_PRUNES)]


def test_any_hears_who_speaks_and_all_needs_everybody() -> None:
    def found(pruner) -> list[tuple[int, Reason]]:
        judge = judge_of(pruner)
        say(judge, 0, 1, 0.1)
        return told(others(judge, 1, 1, 0.9))

    assert found(AnyOf(of=(Nop(), Ousting(margin=0.5)))) == [(0, Reason.PLUGIN_PRUNES)]
    assert found(AllOf(of=(Nop(), Ousting(margin=0.5)))) == []
    both = (Ousting(margin=0.5), Ousting(margin=0.6))
    assert found(AllOf(of=both)) == [(0, Reason.PLUGIN_PRUNES)]
    assert found(AllOf(of=(*both, Ousting(margin=0.95)))) == [(0, Reason.NOT_ALL_PRUNE)]


def test_a_shadow_decides_on_others_without_acting_and_on_each_only_until_it_has_pruned_it() -> (
    None
):
    judge = judge_of(Nop(), shadows=(("rough", Ousting(margin=0.5)),))
    say(judge, 0, 1, 0.1)
    first = judge.report(Report(1, 1, 1, 0.9), 0.0)
    assert [(name, each.trial, each.action) for name, each in first.shadows] == [
        ("rough", 1, Action.KEEP),
        ("rough", 0, Action.PRUNE),
    ]
    assert [each.trial for each in first.decisions] == [1]
    assert judge.ledger.curve(0).state is TrialState.RUNNING
    second = judge.report(Report(1, 1, 2, 0.9), 0.0)
    assert [(name, each.trial) for name, each in second.shadows] == [("rough", 1)]
    assert judge.report(Report(0, 1, 2, 0.9), 0.0).shadows == ()
    assert judge.summary().shadows[0].would_prune == 1


@dataclass(frozen=True)
class Failing:
    name: ClassVar[str] = "Failing"

    def judge(self, ledger, trial):
        said = Ousting().judge(ledger, trial)
        return replace(said, action=Action.PRUNE, reason=Reason.PLUGIN_PRUNES)

    def judge_others(self, ledger, trial):
        raise ZeroDivisionError("in a plug-in")


def test_what_raises_over_others_leaves_its_own_trial_as_it_was() -> None:
    judge = judge_of(Failing())
    with pytest.raises(ZeroDivisionError):
        judge.report(Report(0, 1, 1, 0.5), 0.0)
    assert judge.ledger.curve(0).state is TrialState.RUNNING
    assert judge.summary().pruned == 0


@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(-1, 1)), max_size=60),
    st.floats(0.1, 1.5),
    st.integers(1, 3),
)
def test_a_trial_is_pruned_once_and_a_replay_decides_the_same(
    values: list[tuple[int, float]], margin: float, votes: int
) -> None:
    def run() -> list[Decision]:
        judge = judge_of(Ousting(margin=margin, votes=votes), keep_best=1, exempt_percent=20.0)
        steps: dict[int, int] = {}
        found: list[Decision] = []
        for at, (trial, value) in enumerate(values):
            steps[trial] = steps.get(trial, 0) + 1
            verdict = judge.report(Report(trial, 1, steps[trial], value), float(at))
            assert len({each.trial for each in verdict.decisions}) == len(verdict.decisions)
            found += verdict.decisions
        pruned = [each.trial for each in found if each.prunes]
        assert len(set(pruned)) == len(pruned) == judge.summary().pruned
        assert set(pruned) == {
            curve.number for curve in judge.ledger.curves() if curve.state is TrialState.PRUNED
        }
        return found

    assert run() == run()
