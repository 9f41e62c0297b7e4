"""A person's decision stands above all, and tells nothing of the pruner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.pruning import (
    PERSON,
    BreakerSettings,
    Decision,
    Direction,
    Guards,
    Judge,
    Pruner,
    Reason,
    Repeat,
    Report,
    Restraint,
    Terms,
    Threshold,
    TrialState,
    Verdict,
    Will,
    Wish,
    take_course,
)
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.oversight.breaker import Breaker
from tests.pruning.every_pruner import EVERY
from tests.pruning.histories import Ended, Event, Said, Shape, draw
from tests.pruning.judging import DOWN, UP, judge_of, say

TEXT = st.text(max_size=40)
WISHES = st.builds(Wish, st.integers(0, 9), st.sampled_from(Will), TEXT, TEXT)
HELD = Restraint(paused=True, keep_best=5, protected=frozenset({0}))


def prune(judge: Judge, *trials: int, why: str = "it overfits") -> list[Decision]:
    """Have a person prune trials."""
    wishes = [Wish(trial, Will.PRUNE, why) for trial in trials]
    return take_course(judge, judge.restraint, wishes, 9.0)


@given(WISHES)
def test_a_wish_survives_json(wish: Wish) -> None:
    assert Wish.from_dict(json.loads(json.dumps(wish.to_dict()))) == wish


@given(why=st.text(max_size=400), by=st.text(max_size=200))
def test_its_decision_says_who_and_why_whatever_was_written(why: str, by: str) -> None:
    judge = judge_of()
    say(judge, 0, 3, 0.5)
    (decision,) = take_course(judge, judge.restraint, [Wish(0, Will.PRUNE, why, by)], 9.0)
    assert (decision.prunes, decision.pruner, decision.step) == (True, PERSON, 3)
    assert decision.reason is Reason.PRUNED_BY_PERSON
    assert decision.sentence().startswith(f"Pruned: {by or 'a person'} asked for it: ")
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision


def test_it_stands_above_guards_exemption_protection_and_a_pause() -> None:
    judge = judge_of(exempt_percent=100.0)
    say(judge, 0, 30, 0.5)  # the last step
    (decision,) = take_course(judge, HELD, [Wish(0, Will.PRUNE)], 9.0)
    assert decision.evidence == {"by": "a person", "why": "no reason was given"}
    assert judge.ledger.curve(0).state is TrialState.PRUNED


def test_one_that_has_not_reported_is_pruned_and_one_that_has_ended_is_not() -> None:
    judge = judge_of()
    (decision,) = prune(judge, 4)
    assert (decision.attempt, decision.step) == (1, 0)
    assert prune(judge, 4) == []
    judge.close(5, TrialState.COMPLETED, 1.0)
    assert prune(judge, 5) == []
    assert judge.report(Report(4, 1, 1, 0.5), 10.0).decision is None


def test_a_finalists_repeat_is_pruned_and_the_judge_learns_nothing_of_it() -> None:
    judge, number = judge_of(), Repeat(3, 1).number
    (decision,) = prune(judge, number)
    assert decision.trial == number
    assert number not in judge.ledger


def test_to_keep_one_or_to_let_go_of_it_decides_nothing() -> None:
    judge = judge_of()
    assert take_course(judge, HELD, [Wish(0, Will.KEEP), Wish(1, Will.LET_GO)], 1.0) == []
    assert judge.restraint == HELD


def test_the_breaker_does_not_open_by_it() -> None:
    settings = BreakerSettings(share_percent=10.0)
    judge = judge_of(breaker=settings)
    for trial in range(12):
        say(judge, trial, 1, 0.5)
    prune(judge, *range(11))
    assert isinstance(judge.breaker, Breaker)
    assert judge.breaker.trips == 0


def test_rungs_do_not_take_it_for_worse_at_those_that_it_never_reached() -> None:
    rungs = []
    for by_person in (False, True):
        judge = judge_of(horizon=27)
        found = judge.ledger.derived("rungs", lambda ledger: DenseRungs(27))
        say(judge, 0, 1, 0.5)
        judge.close(0, TrialState.PRUNED, 2.0, by_person=by_person)
        rungs.append(sum(found.dropped))
    assert rungs[0] > 0
    assert rungs[1] == 0


def fresh(pruner: Pruner, direction: Direction) -> Judge:
    return Judge(
        pruner,
        Terms(direction, 6, study_uid="law", target=0.5, trials=9),
        Guards(exempt_percent=20.0),
        [("other", Threshold(lower=0.0))],
    )


def said_of_pruners(judge: Judge) -> str:
    """Return all that is said of them, but how many trials there are."""
    summary = judge.summary()
    return repr(
        replace(summary, shadows=tuple(replace(each, judged=0) for each in summary.shadows))
    )


def play(
    judge: Judge, events: Sequence[Event], wanted: Sequence[tuple[int, Wish]]
) -> list[Verdict | list[Decision]]:
    """Feed a history with a person's wishes at places of it; return all that was decided."""
    told: list[Verdict | list[Decision]] = []
    for place, event in enumerate(events):
        for wish in (wish for at, wish in wanted if at == place):
            before = said_of_pruners(judge)
            told.append(take_course(judge, judge.restraint, [wish], float(place)))
            assert said_of_pruners(judge) == before
        if isinstance(event, Said):
            report = Report(event.trial, event.attempt, event.step, event.value)
            told.append(judge.report(report, float(place)))
        else:
            assert isinstance(event, Ended)
            judge.close(event.trial, event.state, float(place))
    return told


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("direction", [UP, DOWN])
@given(
    seed=st.integers(0, 10**6),
    wanted=st.lists(
        st.tuples(st.integers(0, 60), st.builds(Wish, st.integers(0, 9), st.just(Will.PRUNE))),
        max_size=5,
    ),
)
@settings(max_examples=5, deadline=None)
def test_wherever_they_come_nothing_is_said_of_the_pruner_and_a_replay_is_the_same_bit_for_bit(
    name: str, direction: Direction, seed: int, wanted: list[tuple[int, Wish]]
) -> None:
    events = draw(seed, Shape(nan_share=0.05))
    first, second = fresh(EVERY[name], direction), fresh(EVERY[name], direction)
    told = play(first, events, wanted)
    assert repr(play(second, events, wanted)) == repr(told)
    assert repr(first.summary()) == repr(second.summary())
    pruned = [
        each.trial
        for one in told
        for each in (one if isinstance(one, list) else one.decisions)
        if each.prunes
    ]
    assert len(pruned) == len(set(pruned)), "a trial was pruned twice"
