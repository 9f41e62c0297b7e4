"""What a search sees follows from the log in its order, up to a place in it."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.proposing.ranges import numbers_of_ranges, text_of_ranges
from espalier.planning.proposing.search_log import SearchLog, besides_of
from espalier.planning.world.record import End
from espalier.pruning import Direction, Repeat, Report, Terms, TrialState
from espalier.search import Outcome

TERMS = Terms(Direction.MINIMIZE, 5, study_uid="uid", seed=3, trials=30, metric="loss")
PARAMETERS = {number: json.dumps({"x": number / 8}) for number in range(6)}


def end(state: TrialState = TrialState.COMPLETED, reason: str = "Completed") -> End:
    return End(reason, "", state, 1.0)


def told(log: SearchLog, begun: object = PARAMETERS) -> list[tuple[int, Outcome, list, list]]:
    found = log.trials(PARAMETERS.get, begun)
    return [(each.number, each.outcome, list(each.steps), list(each.scores)) for each in found]


def test_ended_trials_come_first_in_the_order_of_their_ends_then_those_that_run():
    log = SearchLog(TERMS)
    for number in (3, 1, 2):
        log.value(Report(number, 1, 1, float(number)))
    log.end(2, end())
    log.end(1, end(TrialState.PRUNED, "Pruned"))
    assert told(log, {3, 1, 2, 0}) == [
        (2, Outcome.COMPLETED, [1], [-2.0]),
        (1, Outcome.PRUNED, [1], [-1.0]),
        (0, Outcome.RUNNING, [], []),
        (3, Outcome.RUNNING, [], []),
    ]


def late_by_end(log: SearchLog) -> None:
    log.end(0, end())


def late_by_prune(log: SearchLog) -> None:
    log.prune(0)


@pytest.mark.parametrize("closing", [late_by_end, late_by_prune])
def test_what_comes_after_a_trial_was_closed_changes_nothing(closing):
    log = SearchLog(TERMS)
    log.value(Report(0, 1, 1, 0.5))
    closing(log)
    log.value(Report(0, 1, 2, 0.25))
    log.value(Report(0, 2, 3, 0.125))
    log.end(0, end())
    log.end(0, end(TrialState.FAILED, "TrainerFailed"))
    assert told(log, ()) == [(0, Outcome.COMPLETED, [1], [-0.5])]


def test_a_trial_of_which_nothing_is_known_is_left_out():
    log = SearchLog(TERMS)
    log.end(77, end())
    assert told(log, {78}) == []


def test_repeats_of_finalists_are_none_of_the_searchs_trials():
    log, repeat = SearchLog(TERMS), Repeat(0, 1).number
    log.value(Report(repeat, 1, 1, 0.5))
    log.prune(repeat)
    log.end(repeat, end())
    assert (dict(log.ended), log.trials(lambda _: "{}", {repeat})) == ({}, [])


def test_values_are_sorted_out_as_a_judge_does():
    log = SearchLog(TERMS)
    for attempt, step, value in [
        (1, 2, 0.5),
        (1, 1, 0.75),
        (1, 1, 0.9),
        (2, 2, 0.1),
        (1, 3, 0.2),
        (2, 9, math.inf),
    ]:
        log.value(Report(0, attempt, step, value))
    log.end(0, end())
    assert told(log, ()) == [(0, Outcome.COMPLETED, [1, 2], [-0.75, -0.5])]


numbers = st.integers(0, 5)
values = st.builds(
    Report,
    numbers,
    st.integers(1, 2),
    st.integers(0, 6),
    st.sampled_from([0.25, 0.5, 1.0, math.nan]),
)
events = st.one_of(
    values.map(lambda report: ("value", report)),
    numbers.map(lambda number: ("prune", number)),
    st.tuples(st.just("end"), numbers, st.sampled_from([*TrialState][1:])),
    numbers.map(lambda number: ("propose", number)),
    numbers.map(lambda number: ("make", number)),
)


@given(st.lists(events, max_size=40))
def test_a_search_sees_the_same_while_it_happens_and_in_the_log(happened):
    """Whatever comes in whatever order, and whatever is made without a proposal between."""
    live, made, proposed = SearchLog(TERMS), set(), {}
    stored, seen = [], {}
    for event in happened:
        match event:
            case "make", number if number not in proposed:
                made.add(number)
            case "propose", number if number not in made and number not in proposed:
                known = made | proposed.keys()
                trials = live.trials(lambda n, k=known: PARAMETERS[n] if n in k else None, known)
                besides = text_of_ranges(besides_of(trials, proposed))
                seen[number] = trials
                stored.append(("propose", number, besides))
                proposed[number] = PARAMETERS[number]
            case (("value" | "prune" | "end"), *_):
                feed(live, event)
                stored.append(event)
    replayed, then = SearchLog(TERMS), {}
    for event in stored:
        if event[0] == "propose":
            _, number, besides = event
            found = replayed.trials_then(
                set(numbers_of_ranges(besides)), then, {n: PARAMETERS[n] for n in made}.get
            )
            assert repr(found) == repr(seen[number])
            then[number] = PARAMETERS[number]
        else:
            feed(replayed, event)


def feed(log: SearchLog, event: tuple) -> None:
    match event:
        case "value", report:
            log.value(report)
        case "prune", number:
            log.prune(number)
        case "end", number, state:
            log.end(number, end(state, state.value))
