"""One cause that would stop all trials alike stops starting them, and then one tries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from espalier.planning import effects
from espalier.planning.endings.of_study import counted_failures
from espalier.planning.standing.look import look_at
from espalier.planning.world.record import End, TrialRecord
from espalier.planning.world.snapshot import Cause, ContainerView, Failure, FailureKind, Snapshot
from espalier.pruning import TrialState
from tests.planning.worlds import (
    NOW,
    SETTINGS,
    TEMPLATE,
    container,
    job,
    of_type,
    planned,
    pod,
    record,
    snapshot,
    study,
    study_condition,
    trial,
)

WIDE = {"max": 8, "parallelism": 6}
CORRECTED = {"spec": {"containers": [{"name": "trainer", "image": "another"}]}}


def blocked(number: int = 0, reason: str = "ImagePullBackOff") -> Any:
    view = ContainerView("trainer", waiting_reason=reason, waiting_message="429")
    return pod(number, view, phase="Pending", node="node-1", sidecar=None)


def world(*pods: Any, jobs: tuple[Any, ...] = (job(0),), **parts: Any) -> Snapshot:
    parts.setdefault("idle", {"t0": 10.0})
    view = parts.pop("study", study(trials=WIDE))
    count = max((each.number for each in jobs), default=0) + 1
    return snapshot(
        view, trials=tuple(trial(n) for n in range(count)), jobs=jobs, pods=pods, **parts
    )


def created(snap: Snapshot, now: float = NOW) -> list[int]:
    return [effect.number for effect in of_type(planned(snap, now), effects.CreateTrial)]


MOUNT = {"causes": {"p0": Cause("FailedMount", "secret not found", "kubelet", NOW)}}
REFUSED = {"causes": {"j0": Cause("FailedCreate", "exceeded quota", "job-controller", NOW)}}
COMMON = {
    "an image": world(blocked()),
    "a Secret": world(blocked(reason="CreateContainerConfigError")),
    "a volume": world(blocked(reason="ContainerCreating"), **MOUNT),
    "a quota on pods": world(**REFUSED),
}


@pytest.mark.parametrize("case", COMMON)
def test_while_a_pod_is_kept_from_starting_by_its_template_no_other_trial_is_started(
    case: str,
) -> None:
    snap = COMMON[case]
    assert created(snap) == []
    assert study_condition(planned(snap), "Degraded")["status"] == "True"
    assert created(replace(snap, idle={"t0": 1.0})), "a short patience first"


@pytest.mark.parametrize("case", COMMON)
def test_a_trial_that_waits_for_its_slot_is_not_started_either(case: str) -> None:
    snap = COMMON[case]
    both = replace(snap, trials=(trial(0), trial(1)))
    assert not of_type(planned(both), effects.CreateWorkload)


def test_what_another_pod_of_the_template_got_past_since_is_no_common_cause() -> None:
    jobs = (job(0), job(1))
    later = pod(1, container(started_at=NOW - 20))
    assert created(world(blocked(), later, jobs=jobs)) == [2, 3, 4, 5]
    before = pod(1, container(started_at=NOW - 50))
    assert created(world(blocked(), before, jobs=jobs)) == []


def test_a_corrected_template_is_tried_while_pods_of_the_old_one_are_blocked() -> None:
    corrected = study(trials=WIDE, template=CORRECTED)
    assert created(world(blocked(), study=corrected)) == [1, 2, 3, 4, 5]


def full(seconds: float, ago: float) -> dict[str, Any]:
    failure = Failure("create Job s-0", "exceeded quota", seconds, ago, FailureKind.QUOTA)
    return {"failures": (failure,), "jobs": ()}


def test_under_a_used_up_quota_one_trial_tries_at_a_time_and_less_and_less_often() -> None:
    waiting = world(**full(seconds=100.0, ago=10.0))
    found = planned(waiting)
    assert not of_type(found, effects.CreateWorkload, effects.CreateTrial)
    assert effects.Wake(NOW + 15.0) in found
    due = world(**full(seconds=100.0, ago=25.0))
    many = replace(due, trials=tuple(trial(n) for n in range(4)))
    assert [effect.number for effect in of_type(planned(many), effects.CreateWorkload)] == [0]
    days = world(**full(seconds=1e6, ago=59.0))
    assert effects.Wake(NOW + 1.0) in planned(days)


def test_a_quota_that_refused_what_is_not_wanted_any_more_holds_nothing_back() -> None:
    snap = world(jobs=(job(0),), **{"failures": full(9.0, 1.0)["failures"]})
    assert created(snap), "the Job is there by now"


# -- outages -------------------------------------------------------------------------------------


def failed(number: int, at: float, reason: str = "ImagePullFailed") -> TrialRecord:
    end = End(reason, f"trial {number} said so", TrialState.FAILED, at, template=TEMPLATE)
    return TrialRecord(number, attempt=1, end=end)


OUTAGES = {
    "all at once": ([0, 0, 1, 2], "ImagePullFailed", 1),
    "one after the other": ([0, 50, 100, 150], "ImagePullFailed", 1),
    "a probe that failed later": ([0, 1, 700], "PodRefused", 2),
    "each a trial of its own": ([0, 0, 0], "TrainerFailed", 3),
    "a command that does not exist": ([0, 0, 0], "BadCommand", 3),
}


@pytest.mark.parametrize("case", OUTAGES)
def test_trials_that_one_outage_ended_are_one_failure(case: str) -> None:
    times, reason, count = OUTAGES[case]
    records = [failed(n, NOW + at, reason) for n, at in enumerate(times)]
    snap = snapshot(study(), trials=tuple(trial(n) for n in range(4)), record=record(*records))
    assert counted_failures(look_at(snap).tally, TEMPLATE, SETTINGS.template_hold) == count


def test_a_study_survives_an_outage_that_ended_more_trials_than_may_fail() -> None:
    records = [failed(n, NOW - 100) for n in range(6)]
    snap = snapshot(
        study(trials={"max": 20, "maxFailed": 3}),
        trials=tuple(trial(n) for n in range(6)),
        record=record(*records),
    )
    assert study_condition(planned(snap), "Succeeded")["status"] == "Unknown"


def test_a_message_about_failures_does_not_hold_itself() -> None:
    told = End("StudyEnded", "3 trials failed; the newest, trial 2: no", TrialState.FAILED, NOW)
    records = [failed(n, NOW - 100, "TrainerFailed") for n in range(3)]
    snap = snapshot(
        study(),
        trials=tuple(trial(n) for n in range(4)),
        record=record(*records, TrialRecord(3, end=told)),
    )
    said = study_condition(planned(snap), "Succeeded")["message"]
    assert "StudyEnded" not in said
    assert "the newest, trial 2: TrainerFailed: trial 2 said so" in said


# -- a grid --------------------------------------------------------------------------------------

GRID = {
    "parameters": [{"name": "x", "categorical": {"values": ["a", "b", "c", "d"]}}],
    "sampler": {"type": "Grid"},
}


def new_parameters(snap: Snapshot) -> list[tuple[int, Any]]:
    found = of_type(planned(snap), effects.CreateTrial)
    return [(each.number, each.body["spec"]["parameters"]) for each in found]


def test_what_a_grid_has_lost_to_an_earlier_template_is_run_again() -> None:
    fresh = snapshot(study(trials={"max": 9, "parallelism": 9}, **GRID))
    points = dict(new_parameters(fresh))
    assert len(points) == 4
    records = [failed(1, NOW - 9), failed(3, NOW - 9), *(done(n) for n in (0, 2))]
    views = tuple(trial(n, parameters=points[n]) for n in range(4))
    corrected = study(trials={"max": 9, "parallelism": 9}, template=CORRECTED, **GRID)
    snap = snapshot(corrected, trials=views, record=record(*records))
    assert new_parameters(snap) == [(4, points[1]), (5, points[3])]

    one = replace(snap, trials=(*views, trial(4, parameters=points[1])))
    assert new_parameters(one) == [(5, points[3])]
    other = replace(snap, trials=(*views, trial(5, parameters=points[3])))
    assert new_parameters(other) == [(4, points[1])]

    whole = replace(
        one,
        trials=(*one.trials, trial(5, parameters=points[3])),
        record=record(*records, done(4), done(5)),
    )
    said = study_condition(planned(whole), "Succeeded")
    assert (said["status"], said["reason"]) == ("True", "GridExhausted")
    assert said["message"] == "The grid has 4 configurations."


def done(number: int) -> TrialRecord:
    end = End("Completed", "well", TrialState.COMPLETED, NOW - 5, template=TEMPLATE)
    return TrialRecord(number, attempt=1, step=10, latest=0.5, best=0.5, best_step=10, end=end)
