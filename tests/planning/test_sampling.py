"""What trials run: proposed and recorded before they are made, once, in the order of numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espalier.planning import effects
from espalier.planning.world.record import StudyRecord
from espalier.search import Outcome, Proposal, key_of
from tests.planning.test_laws import ACTIONS, MOST_ROUNDS, act
from tests.planning.worlds import (
    UID,
    Simulated,
    job,
    of_type,
    planned,
    pod,
    snapshot,
    study,
    study_condition,
    trial,
)

FEW = [
    {"name": "layers", "int": {"min": 1, "max": 2}},
    {"name": "kind", "categorical": {"values": ["a", "b"]}},
]
LISTED = [{"layers": 2, "kind": "b"}, {"layers": 2, "kind": "b"}, {"layers": 1, "kind": "a"}]
LEARNS = {"type": "TPE", "seed": 3}
TRIALS = {"max": 8, "parallelism": 2, "maxFailed": 50}


def check(world: Simulated) -> None:
    """What must hold at every moment."""
    given = sorted(set(world.created))
    assert given == list(range(len(given))), "a number was passed over"
    for number, view in world.trials.items():
        assert number in world.proposals, "made before it was recorded what it runs"
        assert dict(view.parameters) == world.proposals[number].parameters
    known = [each for each in world.past() if each.outcome is not Outcome.LOST]
    keys = [key_of(each.parameters) for each in known]
    assert len(set(keys)) == len(keys), "a configuration was run twice"


def finish(world: Simulated) -> None:
    """Let every pod that runs complete, until nothing is left to be done."""
    for _ in range(MOST_ROUNDS):
        for each in world.running():
            if each.uid in world.bound:
                world.end_pod(each.uid, 0, 0.5)
        world.live()
        changed = world.reconcile()
        check(world)
        if not changed and not world.running():
            return
    raise AssertionError("the study does not come to an end")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=40), st.booleans(), st.booleans())
def test_whatever_happens_a_finite_space_is_tried_once(actions, listed, grid):
    sampler = {"type": "Grid" if grid else "Random", "seed": 7}
    world = Simulated(
        study(
            parameters=FEW, sampler=sampler, enqueue=LISTED if listed or grid else [], trials=TRIALS
        )
    )
    for action in actions:
        act(world, action)
        check(world)
    finish(world)
    tried = {key_of(each.parameters) for each in world.past()}
    if len(world.proposals) == 8:  # Those that were lost have been tried again.
        return
    assert len(tried) == 4
    said = {c["type"]: c for c in world.view.status["conditions"]}["Succeeded"]
    assert said["reason"] in ("SpaceExhausted", "GridExhausted", "NoTrialCompleted")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 7), max_size=12))
def test_a_crash_after_any_effect_proposes_nothing_anew(budgets):
    """The world of `Simulated` refuses to propose for a number that has a proposal."""
    world, whole = (Simulated(study(parameters=FEW, trials=TRIALS)) for _ in range(2))
    for budget in budgets:
        world.reconcile(budget=budget)
        world.crash()
        check(world)
        world.live()
    finish(world)
    finish(whole)
    assert world.proposals.keys() == whole.proposals.keys()
    # What is enqueued or drawn for a number does not depend on when the others have ended.
    assert [p.parameters for p in world.proposals.values()] == [
        p.parameters for p in whole.proposals.values()
    ]


def of_search(found: list[Any]) -> list[Any]:
    return of_type(found, effects.Propose, effects.Prepare, effects.CreateTrial)


def running(*numbers: int, record: StudyRecord | None = None, **spec: Any) -> Any:
    """Return a snapshot in which these trials run."""
    return snapshot(
        study(**spec),
        trials=tuple(trial(number) for number in numbers),
        jobs=tuple(job(number) for number in numbers),
        pods=tuple(pod(number) for number in numbers),
        record=record or StudyRecord(UID, sampled=len(numbers)),
    )


def test_a_learning_sampler_is_asked_first_for_each_slot_and_then_the_trials_are_made() -> None:
    first = of_search(planned(running(sampler=LEARNS)))
    assert [(type(each), each.number) for each in first] == [
        (effects.Propose, 0),
        (effects.Propose, 1),
    ]
    proposals = {number: Proposal({"lr": 0.1 + number / 10}, "TPE") for number in range(2)}
    record = StudyRecord(UID, proposals=proposals)
    then = of_search(planned(running(sampler=LEARNS, record=record)))
    assert [(type(each), each.number) for each in then] == [
        (effects.CreateTrial, 0),
        (effects.CreateTrial, 1),
    ]
    assert [each.body["spec"]["parameters"] for each in then] == [{"lr": 0.1}, {"lr": 0.2}]


def test_while_all_slots_are_taken_the_next_trial_is_prepared() -> None:
    found = of_search(planned(running(0, 1, sampler=LEARNS)))
    assert [(type(each), each.number) for each in found] == [(effects.Prepare, 2)]


@pytest.mark.parametrize(
    "why",
    [
        running(0, 1),
        running(0, 1, sampler=LEARNS, trials={"max": 2, "parallelism": 2}),
        running(sampler=LEARNS, trials={"parallelism": 0}),
        running(0, 1, sampler=LEARNS, suspend=True),
        running(
            0,
            1,
            sampler=LEARNS,
            record=StudyRecord(UID, sampled=2, proposals={2: Proposal({"lr": 0.5}, "TPE")}),
        ),
    ],
    ids=["its number tells", "none is left", "nothing may run", "suspended", "it is there"],
)
def test_nothing_is_prepared_where_there_is_nothing_to_prepare(why: Any) -> None:
    assert of_type(planned(why), effects.Prepare) == []


def test_a_configuration_that_is_run_again_is_said_to_be() -> None:
    proposals = {0: Proposal({"lr": 0.1}, "Random", 20, repeats=True)}
    found = planned(running(sampler=LEARNS, record=StudyRecord(UID, proposals=proposals)))
    assert "ConfigurationRepeated" in {each.reason for each in of_type(found, effects.EmitEvent)}


def test_a_sampler_that_fails_is_said_until_it_serves() -> None:
    failed = {0: Proposal({"lr": 0.1}, "TPE"), 1: Proposal({"lr": 0.2}, "Random instead of TPE")}
    record = StudyRecord(UID, sampled=2, proposals=failed, proposed_last=1)
    snap = replace(running(0, 1, sampler=LEARNS, record=record), sampler_fault="ValueError: no")
    said = study_condition(planned(snap), "Degraded")
    assert (said["status"], said["reason"]) == ("True", "SamplerFailing")
    assert "ValueError: no." in said["message"]
    assert "trial 1" in said["message"]
    served = {**failed, 2: Proposal({"lr": 0.3}, "TPE")}
    record = StudyRecord(UID, sampled=2, proposals=served, proposed_last=2)
    snap = running(0, 1, sampler=LEARNS, record=record)
    assert study_condition(planned(snap), "Degraded")["reason"] != "SamplerFailing"
