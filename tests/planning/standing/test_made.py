"""What a trial was made as is recorded as soon as it is seen, once, and never taken back."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.effects import RecordTrials, WriteStudyStatus
from espalier.planning.standing.gathering import gather
from espalier.planning.standing.made import news_of
from espalier.planning.world.record import MadeTrial, Origin, StudyRecord
from espalier.planning.world.snapshot import Snapshot
from espalier.search import Proposal
from tests.planning.worlds import UID, job, of_type, planned, snapshot, study, trial

STARTED = {"startTime": "2026-01-01T00:00:05Z"}


def seen(snap: Snapshot, made: dict[int, MadeTrial] | None = None) -> dict[int, MadeTrial]:
    return dict(news_of(made or {}, gather(snap)))


def one(view=None, **more) -> Snapshot:
    return snapshot(study(), trials=(view or trial(0, parameters={"lr": 0.1}),), **more)


def test_a_trial_is_recorded_as_it_was_made() -> None:
    chosen = dict(snapshot(study()).blueprint.configuration(0))
    text = json.dumps(chosen, separators=(",", ":"))
    found = seen(one(trial(0, parameters=chosen, created_at=3.0)))
    assert found == {0: MadeTrial("s-0", text, Origin.SAMPLED, 0, 3.0)}


def test_one_that_does_not_run_what_its_number_tells_was_made_by_hand() -> None:
    found = seen(one(trial(0, parameters={"lr": 0.1, "kind": "sgd"}, created_at=3.0)))
    assert found == {0: MadeTrial("s-0", '{"lr":0.1,"kind":"sgd"}', Origin.HAND_MADE, 0, 3.0)}


def test_one_that_does_not_run_what_was_proposed_for_it_was_made_by_hand() -> None:
    proposals = {0: Proposal({"lr": 0.1}, "TPE")}
    for parameters, origin in (({"lr": 0.1}, Origin.SAMPLED), ({"lr": 0.2}, Origin.HAND_MADE)):
        standings = gather(one(trial(0, parameters=parameters)))
        ((_, found),) = news_of({}, standings, proposals)
        assert found.origin is origin


def test_its_template_and_its_start_are_recorded_as_they_are_seen() -> None:
    made = seen(one())
    running = one(jobs=(job(0, template=77),))
    with_job = seen(running, made)
    assert with_job == {0: replace(made[0], template=77)}
    told = trial(0, parameters={"lr": 0.1}, status=STARTED)
    begun = seen(one(told), with_job)
    assert begun[0].started_at is not None
    assert begun[0].template == 77
    assert seen(one(told, jobs=(job(0, template=77),)), begun) == {}


def test_nothing_is_taken_back_when_the_job_or_the_object_goes() -> None:
    known = {0: MadeTrial("s-0", '{"lr":0.1}', Origin.SAMPLED, 77, trial(0).created_at, 9.0)}
    assert seen(one(), known) == {}
    assert seen(snapshot(study(), sampled=1), known) == {}


def test_another_object_under_the_same_number_is_recorded_anew() -> None:
    known = {0: MadeTrial("s-0", '{"lr":0.9}', Origin.SAMPLED, 77, 1.0, 9.0)}
    (found,) = seen(one(trial(0, parameters={"lr": 0.1}, created_at=50.0)), known).values()
    assert json.loads(found.parameters) == {"lr": 0.1}
    assert (found.template, found.started_at) == (77, 9.0)


def test_who_chose_the_parameters_is_told_by_number_and_claim() -> None:
    by_hand = trial(1_000_000, name="mine")
    claims = replace(by_hand, sampled=True)
    denies = replace(trial(0), sampled=False)
    for view in (by_hand, claims, denies):
        (found,) = seen(one(view)).values()
        assert found.origin is Origin.HAND_MADE


@given(st.lists(st.sampled_from([0, 5, 7]), max_size=6))
def test_what_was_recorded_is_no_news(templates: list[int]) -> None:
    made: dict[int, MadeTrial] = {}
    for template in templates:
        snap = one(jobs=(job(0, template=template),) if template else ())
        made |= seen(snap, made)
        assert seen(snap, made) == {}


def test_the_plan_records_it_and_says_so_once() -> None:
    (effect,) = of_type(planned(one()), RecordTrials)
    known = replace(one().record, made=dict(effect.trials))
    assert of_type(planned(replace(one(), record=known)), RecordTrials) == []


def test_the_best_trial_has_its_parameters_when_all_objects_are_gone() -> None:
    record = StudyRecord(UID, best=3, made={3: MadeTrial("s-3", '{"lr":0.5}', Origin.SAMPLED)})
    (effect,) = of_type(planned(snapshot(study(), record=record)), WriteStudyStatus)
    best = effect.status["best"]
    assert (best["trial"], best["parameters"]) == ("s-3", {"lr": 0.5})
