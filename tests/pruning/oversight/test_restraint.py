"""What holds pruning back may change between two values; nothing is forgotten by that."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.pruning import (
    Action,
    Judge,
    Nop,
    Reason,
    Report,
    Restraint,
    Terms,
    Threshold,
    TrialState,
)
from espalier.pruning.oversight.guards import Guards, MinimumAcceptable
from tests.pruning.every_pruner import EVERY
from tests.pruning.histories import Ended, Said, Shape, draw
from tests.pruning.judging import DOWN, STRICT, UP, judge_of, say

PAUSED = Restraint(paused=True, keep_best=0)
FREE = Restraint(keep_best=0)


def protecting(*trials):
    return Restraint(keep_best=0, protected=frozenset(trials))


HELD = {
    "paused": (PAUSED, Reason.PRUNING_PAUSED),
    "protected": (protecting(0), Reason.PROTECTED),
    "the best": (Restraint(keep_best=1), Reason.AMONG_BEST),
}


@pytest.mark.parametrize(("restraint", "reason"), HELD.values(), ids=HELD)
def test_a_trial_is_held_from_the_next_value_on_and_its_decision_says_what_it_would_have_been(
    restraint, reason
):
    judge = judge_of()
    say(judge, 0, 1, 0.5)
    judge.restrain(restraint)
    decision = say(judge, 0, 2, -1.0)
    assert decision.action is Action.KEEP
    assert decision.reason is reason
    assert decision.evidence["overruled"] == "BelowLower"
    judge.restrain(FREE)
    assert say(judge, 0, 3, -1.0).action is Action.PRUNE


GUARDED = {
    "diverged": ({"nan_patience": 1}, math.nan),
    "below the minimum": ({"minimum_acceptable": MinimumAcceptable(value=0.0)}, -1.0),
}


@pytest.mark.parametrize("restraint", [PAUSED, protecting(0)], ids=["paused", "protected"])
@pytest.mark.parametrize(("guards", "value"), GUARDED.values(), ids=GUARDED)
def test_guards_do_not_prune_what_the_user_holds_either(guards, value, restraint):
    judge = judge_of(Nop(), **guards)
    judge.restrain(restraint)
    assert say(judge, 0, 1, value).action is Action.KEEP
    judge.restrain(FREE)
    assert say(judge, 0, 2, value).action is Action.PRUNE


def test_only_the_protected_trial_is_held():
    judge = judge_of()
    judge.restrain(protecting(1))
    assert say(judge, 0, 1, -1.0).action is Action.PRUNE
    assert say(judge, 1, 1, -1.0).reason is Reason.PROTECTED


def test_what_is_pruned_stays_so():
    judge = judge_of()
    assert say(judge, 0, 1, -1.0).prunes
    judge.restrain(Restraint(True, 5, frozenset({0})))
    assert judge.ledger.curve(0).state is TrialState.PRUNED


def test_what_a_study_starts_with_is_the_guards():
    judge = judge_of(paused=True, keep_best=3)
    assert judge.restraint == Restraint(True, 3)
    assert judge.summary().paused
    judge.restrain(FREE)
    assert judge.restraint == FREE
    assert not judge.summary().paused


@pytest.mark.parametrize("before", [0, 1, 4])
@pytest.mark.parametrize("after", [0, 1, 2, 5])
def test_the_best_are_those_of_the_whole_history(before, after):
    judge, fresh = judge_of(keep_best=before), judge_of(keep_best=after)
    for trial, value in enumerate([0.3, 0.1, 0.9, 0.4]):
        for each in (judge, fresh):
            say(each, trial, 1, value)
    judge.restrain(Restraint(keep_best=after))
    reasons = [say(judge, trial, 2, -1.0).reason for trial in range(4)]
    assert reasons == [say(fresh, trial, 2, -1.0).reason for trial in range(4)]


def test_a_shadow_is_held_as_the_acting_pruner_is():
    judge = judge_of(Nop(), shadows=[("strict", STRICT)])
    judge.restrain(PAUSED)
    ((_, decision),) = judge.report(Report(0, 1, 1, -1.0), 0.0).shadows
    assert decision.reason is Reason.PRUNING_PAUSED
    judge.restrain(FREE)
    ((_, decision),) = judge.report(Report(0, 1, 2, -1.0), 0.0).shadows
    assert decision.prunes


def test_an_exempt_trial_tells_nothing_while_nothing_would_be_pruned():
    judge = judge_of(exempt_percent=100.0)
    judge.restrain(PAUSED)
    assert say(judge, 0, 1, -1.0).reason is Reason.PRUNING_PAUSED
    judge.close(0, TrialState.COMPLETED, 0.0)
    assert judge.summary().exempt_would_prune == 0


def test_a_protected_exempt_trial_still_measures():
    judge = judge_of(exempt_percent=100.0)
    judge.restrain(protecting(0))
    assert say(judge, 0, 1, -1.0).reason is Reason.EXEMPT


@given(st.booleans(), st.integers(0, 9), st.frozensets(st.integers(0, 10**6)))
def test_a_restraint_survives_json(paused, keep, protected):
    restraint = Restraint(paused, keep, protected)
    assert Restraint.from_dict(restraint.to_dict()) == restraint


RESTRAINT = st.builds(
    Restraint, st.booleans(), st.integers(0, 3), st.frozensets(st.integers(0, 8), max_size=4)
)
CHANGES = st.lists(st.tuples(st.integers(0, 60), RESTRAINT), max_size=5)


def fresh(pruner, direction):
    return Judge(
        pruner,
        Terms(direction, 6, study_uid="law", target=0.5, trials=9),
        Guards(exempt_percent=20.0),
        [("other", Threshold(lower=0.0))],
    )


def play(judge, events, changes):
    """Feed a history with changes at places of it; return what came, with the restraint then."""
    told = []
    for place, event in enumerate(events):
        for at, restraint in changes:
            if at == place:
                judge.restrain(restraint)
        if isinstance(event, Said):
            report = Report(event.trial, event.attempt, event.step, event.value)
            told.append((judge.restraint, judge.report(report, float(place))))
        else:
            assert isinstance(event, Ended)
            judge.close(event.trial, event.state, float(place))
    return told


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("direction", [UP, DOWN])
@given(seed=st.integers(0, 10**6), changes=CHANGES)
@settings(max_examples=5, deadline=None)
def test_any_changes_at_any_place_hold_what_they_say_and_replay_bit_for_bit(
    name, direction, seed, changes
):
    events = draw(seed, Shape(nan_share=0.05))
    first = fresh(EVERY[name], direction)
    told = play(first, events, changes)
    for restraint, verdict in told:
        for decision in (verdict.decision, *(each for _, each in verdict.shadows)):
            if decision is not None and decision.prunes:
                assert not restraint.paused
                assert decision.trial not in restraint.protected
    again = fresh(EVERY[name], direction)
    assert repr(play(again, events, changes)) == repr(told)
    assert again.summary() == first.summary()


@pytest.mark.parametrize("name", EVERY)
@given(seed=st.integers(0, 10**6), places=st.lists(st.integers(0, 60), max_size=4))
@settings(max_examples=4, deadline=None)
def test_a_change_to_what_holds_already_changes_nothing(name, seed, places):
    events = draw(seed, Shape(nan_share=0.05))
    plain, told = fresh(EVERY[name], UP), fresh(EVERY[name], UP)
    same = [(place, plain.restraint) for place in places]
    assert repr(play(plain, events, [])) == repr(play(told, events, same))


@pytest.mark.parametrize("name", EVERY)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=4, deadline=None)
def test_a_pause_loses_no_history(name, seed):
    """What is known of the trials after a pause is what a study without pruning would know."""
    events = draw(seed, Shape(prune_share=0.0))
    paused, nop = fresh(EVERY[name], UP), fresh(Nop(), UP)
    play(paused, events, [(0, Restraint(paused=True))])
    play(nop, events, [(0, Restraint(paused=True))])
    assert [(c.number, list(c.steps), c.best, c.state) for c in paused.ledger.curves()] == [
        (c.number, list(c.steps), c.best, c.state) for c in nop.ledger.curves()
    ]
