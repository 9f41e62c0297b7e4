"""The slots over time."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.world.record import AttemptRecord
from espalier.pruning import TrialState
from espalier.views.timeline import timeline_view
from tests.views.studies import study_of

TRIALS = st.dictionaries(st.integers(0, 30), st.sampled_from(TrialState), max_size=12)


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def until(trial: dict[str, Any]) -> float:
        return float("inf") if trial["ended"] is None else trial["ended"]

    return one["made"] < until(other) and other["made"] < until(one)


@given(TRIALS, st.sets(st.integers(0, 30), max_size=6))
def test_no_two_trials_have_a_slot_at_once_and_no_slot_is_idle_for_all(
    ends: dict[int, TrialState], running: set[int]
) -> None:
    ended = {number: state for number, state in ends.items() if number not in running}
    parameters: dict[int, dict[str, Any]] = {number: {} for number in ended.keys() | running}
    view = timeline_view(study_of(ends=ended, parameters=parameters))
    trials = view["trials"]
    assert {each["number"] for each in trials} == ended.keys() | running
    for one, other in combinations(trials, 2):
        assert one["slot"] != other["slot"] or not overlap(one, other)
    assert {each["slot"] for each in trials} == set(range(view["slots"]))
    json.dumps(view, allow_nan=False)


def test_an_attempt_that_was_disturbed_is_told_with_what_came_of_it() -> None:
    lost = AttemptRecord(1, "p1", disruption="PreemptionByScheduler", over=True)
    again = AttemptRecord(2, "p2")
    values = [(4, 1, 0.5), (4, 2, 0.6)]
    gathered = study_of(values, parameters={4: {}}, sightings=[(4, lost), (4, again)])
    (trial,) = timeline_view(gathered)["trials"]
    first, second = trial["attempts"]
    assert (first["disruption"], first["first"], first["last"]) == (
        "PreemptionByScheduler",
        -3.0,
        -2.0,
    )
    assert (second["attempt"], second["first"], second["disruption"]) == (2, None, None)
    assert (trial["state"], trial["ended"]) == ("Running", None)


def test_of_many_the_newest_are_shown() -> None:
    gathered = study_of(parameters={number: {} for number in range(30)})
    view = timeline_view(gathered, most=10)
    assert [each["number"] for each in view["trials"]] == list(range(20, 30))
    assert view["leftOut"] == 20


def test_nothing_is_a_timeline_too() -> None:
    assert timeline_view(study_of()) == {"begin": None, "trials": [], "slots": 0, "leftOut": 0}
