"""What is recorded of an attempt, and when: before anything rests on it, and never taken back."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning import effects
from espalier.planning.standing.sightings import joined
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.planning.world.snapshot import Span
from espalier.pruning import TrialState
from tests.planning.worlds import (
    NOW,
    ended,
    job,
    of_type,
    over,
    planned,
    pod,
    prune_decision,
    record,
    snapshot,
    study,
    trial,
)

KNOWN = AttemptRecord(1, "p0", pod="s-0-x", job_uid="j0", gpus=2.0, held=20.0, ran=10.0)
RUNNING = TrialRecord(0, attempt=1, attempts=(KNOWN,))


def world(record_: TrialRecord = RUNNING, **more: Any) -> Any:
    """Return a snapshot with trial 0, whose Job runs unless said otherwise."""
    more.setdefault("jobs", (job(0),))
    more.setdefault("spans", {"p0": Span(held=KNOWN.held, ran=KNOWN.ran)})
    return snapshot(
        study(trials={"max": 1, "parallelism": 1}),
        record=record(record_),
        trials=(trial(0),),
        sampled=1,
        **more,
    )


def recorded(snap: Any) -> list[AttemptRecord]:
    return [effect.attempt for effect in of_type(planned(snap), effects.RecordAttempt)]


DELETED: dict[str, tuple[Any, bool]] = {
    "somebody deletes its pod": (world(pods=(pod(0, deleting=True),)), True),
    "somebody deletes its Job": (
        world(jobs=(job(0, deleting=True),), pods=(pod(0, deleting=True),)),
        True,
    ),
    "its trainer had failed by itself before": (
        world(
            pods=(pod(0, ended(code=3, finished_at=NOW - 30), deleting=True, deleting_since=NOW),)
        ),
        False,
    ),
    "it had failed by itself, and that we delete what runs on is not shown yet": (
        world(pods=(pod(0, ended(code=3, finished_at=NOW), deleting=True, deleting_since=None),)),
        False,
    ),
    "it had failed by itself at a time not known, and ours is not shown yet": (
        world(pods=(pod(0, ended(code=3), deleting=True, deleting_since=None),)),
        False,
    ),
    "a deletion is not shown yet, and its trainer has not ended": (
        world(pods=(pod(0, deleting=True, deleting_since=None),)),
        True,
    ),
    "it was over before": (
        world(
            pods=(over(0, ended(finished_at=NOW - 30), deleting=True, deleting_since=NOW),),
        ),
        False,
    ),
    "its trainer obeyed, and exited with 0": (
        world(pods=(over(0, ended(finished_at=NOW), deleting=True, deleting_since=NOW - 9),)),
        True,
    ),
    "we prune it": (
        world(replace(RUNNING, prune=prune_decision(0)), pods=(pod(0, deleting=True),)),
        False,
    ),
    "its Job is suspended": (
        world(jobs=(job(0, suspended=True),), pods=(pod(0, deleting=True),)),
        False,
    ),
    "nobody deletes it": (world(pods=(pod(0),)), False),
}


@pytest.mark.parametrize(("snap", "deleted"), DELETED.values(), ids=DELETED)
def test_a_deletion_by_somebody_else_is_recorded(snap: Any, deleted: bool) -> None:
    assert any(each.deleted for each in recorded(snap)) is deleted


EXITED = replace(KNOWN, exit_code=4, exit_reason="Error")
LOST = ended(code=137, exit_reason="ContainerStatusUnknown")
AFTER_ITS_OWN_END: dict[str, Any] = {
    "its kubelet knows no more how it ended": pod(0, LOST, deleting=True, deleting_since=NOW),
    "its kubelet took it for lost once it was over": over(
        0, LOST, phase="Failed", deleting=True, deleting_since=NOW
    ),
    "its kubelet shows no end at all": pod(0, deleting=True, deleting_since=NOW),
    "its node went away": over(0, LOST, disruption="DeletionByPodGC", disrupted_at=NOW),
    "its kubelet shows the same end": pod(
        0,
        ended(code=4, exit_reason="Error", finished_at=NOW - 30),
        deleting=True,
        deleting_since=NOW,
    ),
}


@pytest.mark.parametrize("shown", AFTER_ITS_OWN_END.values(), ids=AFTER_ITS_OWN_END)
@pytest.mark.parametrize("suspended", [False, True], ids=["runs", "suspended"])
def test_a_trainer_that_has_ended_by_itself_was_not_made_to_end_whatever_is_seen_later(
    shown: Any, suspended: bool
) -> None:
    later = world(
        replace(RUNNING, attempts=(EXITED,)),
        jobs=(job(0, suspended=suspended),),
        pods=(replace(shown, job_uid="j0"),),
    )
    known = [joined(EXITED, each) for each in recorded(later)] or [EXITED]
    for each in known:
        assert (each.exit_code, each.exit_reason) == (4, "Error")
        assert (each.disruption, each.deleted) == ("", False)
        assert not each.suspended


SEEN: dict[str, tuple[Any, dict[str, Any]]] = {
    "a disruption": (
        world(pods=(pod(0, disruption="EvictionByEvictionAPI"),)),
        {"disruption": "EvictionByEvictionAPI"},
    ),
    "a suspension that was over by the time that it was seen": (
        world(jobs=(job(0, suspended=True),), pods=(over(0, ended(code=143), deleting=True),)),
        {"suspended": True, "deleted": False},
    ),
    "a deadline of the pod": (
        world(pods=(over(0, ended(code=137), phase="Failed", reason="DeadlineExceeded"),)),
        {"exit_code": 137, "exit_reason": "DeadlineExceeded"},
    ),
    "a suspension": (
        world(jobs=(job(0, suspended=True),), pods=(pod(0),)),
        {"suspended": True},
    ),
    "an exit code beside a container that runs on": (
        world(pods=(pod(0, ended(code=0, exit_reason="Completed")),)),
        {"exit_code": 0, "exit_reason": "Completed", "over": False},
    ),
    "a pod that is over": (
        world(pods=(over(0, ended(code=137, exit_reason="OOMKilled"), phase="Failed"),)),
        {"exit_code": 137, "exit_reason": "OOMKilled", "over": True},
    ),
    "a pod that is gone, since another one has followed": (
        world(pods=(pod(0, uid="p1", name="s-0-y"),)),
        {"pod_uid": "p0", "over": True},
    ),
    "a pod that is gone under a Job that was suspended": (
        world(jobs=(job(0, suspended=True),)),
        {"pod_uid": "p0", "over": True, "suspended": True},
    ),
}


@pytest.mark.parametrize(("snap", "expected"), SEEN.values(), ids=SEEN)
def test_what_is_decisive_is_recorded_at_once(snap: Any, expected: dict[str, Any]) -> None:
    first = recorded(snap)[0]
    assert {name: getattr(first, name) for name in expected} == expected
    assert (first.held, first.ran) == (KNOWN.held, KNOWN.ran)


def test_a_pod_that_is_only_not_seen_is_not_taken_for_gone() -> None:
    assert recorded(world()) == []


def test_a_new_pod_is_recorded_when_it_is_seen_also_if_it_is_over_by_then() -> None:
    unseen = TrialRecord(0)
    for each in (pod(0), over(0)):
        (seen,) = recorded(world(unseen, pods=(each,), spans={}))
        assert (seen.pod_uid, seen.gpus, seen.attempt) == ("p0", 2.0, 0)


def test_it_is_recorded_before_the_status_and_the_ending_that_rest_on_it() -> None:
    found = planned(world(TrialRecord(0), pods=(pod(0),), bound=frozenset()))
    order = [type(each) for each in found]
    assert order.index(effects.BindPod) < order.index(effects.RecordAttempt)
    assert order.index(effects.RecordAttempt) < order.index(effects.WriteTrialStatus)
    done = world(
        replace(RUNNING, step=10, best=0.9, latest=0.9),
        jobs=(job(0, complete=True),),
        pods=(over(0),),
    )
    order = [type(each) for each in planned(done)]
    assert order.index(effects.RecordAttempt) < order.index(effects.RecordEnd)


@pytest.mark.parametrize(
    ("held", "ran", "written"),
    [
        (KNOWN.held + 9.0, KNOWN.ran + 9.0, False),
        (KNOWN.held + 10.0, KNOWN.ran, True),
        (KNOWN.held, KNOWN.ran + 10.0, True),
        (400.0 + 30.0, 400.0, True),
        (KNOWN.held - 5.0, 0.0, False),
    ],
)
def test_seconds_are_recorded_once_they_have_grown_by_an_interval(
    held: float, ran: float, written: bool
) -> None:
    snap = world(pods=(pod(0),), spans={"p0": Span(held=held, ran=ran)})
    found = of_type(planned(snap), effects.RecordAttempt)
    assert bool(found) is written
    assert not any(each.decisive for each in found), "nothing rests on it: no new look at once"


def test_the_longer_a_trial_the_rarer_its_seconds_are_recorded() -> None:
    known = replace(KNOWN, held=1000.0, ran=1000.0)
    later = Span(held=1059.0, ran=1059.0)
    long = world(replace(RUNNING, attempts=(known,)), pods=(pod(0),), spans={"p0": later})
    assert recorded(long) == []
    later = Span(held=1061.0, ran=1061.0)
    long = world(replace(RUNNING, attempts=(known,)), pods=(pod(0),), spans={"p0": later})
    assert [each.held for each in recorded(long)] == [1061.0]


def test_nothing_is_recorded_of_a_trial_that_has_ended() -> None:
    done = replace(RUNNING, end=End("Completed", "", TrialState.COMPLETED, NOW))
    assert recorded(world(done, jobs=(job(0, complete=True),), pods=(over(0),))) == []


seen = st.builds(
    AttemptRecord,
    attempt=st.just(1),
    pod_uid=st.just("p"),
    gpus=st.floats(0, 8),
    held=st.floats(0, 1e6),
    ran=st.floats(0, 1e6),
    disruption=st.sampled_from(["", "a", "b"]),
    deleted=st.booleans(),
    suspended=st.booleans(),
    exit_code=st.none() | st.integers(0, 255),
    exit_reason=st.sampled_from(["", "Error"]),
    over=st.booleans(),
)


@given(seen, seen)
def test_nothing_that_is_known_is_taken_back(known: AttemptRecord, later: AttemptRecord) -> None:
    now = joined(known, later)
    for each in fields(AttemptRecord):
        before, after = getattr(known, each.name), getattr(now, each.name)
        if isinstance(before, float | bool):
            assert after >= before
        elif before not in ("", None):
            assert after == before
    assert joined(now, later) == now
    assert joined(now, known) == now
