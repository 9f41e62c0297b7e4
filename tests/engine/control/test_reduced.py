"""What is kept of an object says the same as the whole of it, and is a fraction of its size."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api import parse_study
from espalier.engine.control.cache import (
    ObjectCache,
    labelled_key,
    study_key,
    trial_key,
    version_of,
)
from espalier.engine.control.reduced import reduced
from espalier.planning.workload.job import Job
from espalier.planning.world.observe import (
    controller_of,
    pod_view,
    study_view,
    trial_view,
)
from tests.engine import cluster_objects as objects

Obj = dict[str, Any]
MAKE: dict[str, Callable[[], Obj]] = {
    "studies": objects.study,
    "trials": objects.trial,
    "jobs": objects.job,
    "pods": objects.pod,
}


def seen(plural: str, obj: Any) -> list[Any]:
    """Return all that the operator reads of an object."""
    meta = obj["metadata"]
    told: list[Any] = [controller_of(obj), version_of(obj), obj.get("kind"), meta["namespace"]]
    told += [
        bare(meta.get("ownerReferences")),
        meta.get("creationTimestamp"),
        meta.get("generation"),
    ]
    if plural == "studies":
        study = parse_study({key: obj[key] for key in obj if key != "status"})
        return [*told, study_key(obj), study.spec, study_view(obj, study.spec, None)]
    if plural == "trials":
        named = obj["spec"]["study"]
        return [*told, trial_key(obj), named, trial_view(obj, "digits", objects.STUDY_UID)]
    view = Job().view(obj, 3) if plural == "jobs" else pod_view(obj, 3)
    return [*told, labelled_key(obj), view]


def bare(owners: Any) -> Any:
    """Leave out of owner references what the chain does not read."""
    return [
        {key: value for key, value in owner.items() if key != "blockOwnerDeletion"}
        for owner in owners or ()
    ]


def same(plural: str, obj: Obj) -> None:
    before = copy.deepcopy(obj)
    kept = reduced(plural, obj)
    assert obj == before, "the object itself was changed"
    assert seen(plural, kept) == seen(plural, obj)
    assert reduced(plural, kept) == kept


def _changed(make: Callable[[], Obj], *path: Any, to: Any) -> Obj:
    obj = make()
    place = obj
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return obj


def _state(**state: Any) -> list[Obj]:
    return [{"name": "trainer", "restartCount": 1, "state": state}]


AT = objects.AT
CASES = {
    "a study": ("studies", objects.study()),
    "a study without a status": (
        "studies",
        {k: v for k, v in objects.study().items() if k != "status"},
    ),
    "a completed trial": ("trials", objects.trial()),
    "a trial made by hand, not adopted": (
        "trials",
        _changed(objects.trial, "metadata", "ownerReferences", to=[]),
    ),
    "a trial that is being deleted": (
        "trials",
        _changed(objects.trial, "metadata", "deletionTimestamp", to=AT),
    ),
    "a complete Job": ("jobs", objects.job()),
    "a suspended Job": ("jobs", _changed(objects.job, "spec", "suspend", to=True)),
    "a Job that we suspended": (
        "jobs",
        _changed(objects.job, "metadata", "annotations", to={"espalier.dev/suspended": "true"}),
    ),
    "a Job without a status": ("jobs", {k: v for k, v in objects.job().items() if k != "status"}),
    "a failed Job": (
        "jobs",
        _changed(
            objects.job,
            "status",
            "conditions",
            to=[{"type": "Failed", "status": "True", "reason": "Deadline", "message": "late"}],
        ),
    ),
    "a pod that has succeeded": ("pods", objects.pod()),
    "a pod that waits for its image": (
        "pods",
        _changed(
            objects.pod,
            "status",
            "containerStatuses",
            to=_state(waiting={"reason": "ErrImagePull", "message": "not found"}),
        ),
    ),
    "a pod that runs": (
        "pods",
        _changed(objects.pod, "status", "containerStatuses", to=_state(running={"startedAt": AT})),
    ),
    "a pod whose state is null": (
        "pods",
        _changed(objects.pod, "status", "containerStatuses", to=_state(running=None)),
    ),
    "a pod that was evicted": (
        "pods",
        _changed(
            objects.pod,
            "status",
            to={
                "phase": "Failed",
                "reason": "Evicted",
                "message": "The node was low on resource: memory.",
                "conditions": [
                    {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
                ],
            },
        ),
    ),
    "a pod without a node": (
        "pods",
        _changed(
            objects.pod,
            "status",
            "conditions",
            to=[{"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}],
        ),
    ),
    "a pod with devices in several containers": (
        "pods",
        _changed(
            objects.pod,
            "spec",
            "containers",
            to=[
                {"name": "a", "resources": {"requests": {"nvidia.com/mig-1g.5gb": 3}}},
                {"name": "b", "resources": None},
                {"name": "c", "resources": {"limits": {"amd.com/gpu": "1", "cpu": "2"}}},
            ],
        ),
    ),
    "a pod that has hardly begun": (
        "pods",
        {k: v for k, v in objects.pod().items() if k not in ("status", "spec")},
    ),
}


@pytest.mark.parametrize(("plural", "obj"), CASES.values(), ids=CASES)
def test_views_and_chain_are_those_of_the_whole_object(plural: str, obj: Obj) -> None:
    same(plural, obj)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all parts of an object."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from places(each, (*path, key))


@given(st.data())
def test_they_are_whatever_is_missing(data: st.DataObject) -> None:
    plural, obj = data.draw(st.sampled_from(list(CASES.values())))
    obj = copy.deepcopy(obj)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(obj))))
        place = obj
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
    try:
        seen(plural, obj)
    except Exception:
        return  # Not an object that an API server sends.
    same(plural, obj)


@pytest.mark.parametrize(("plural", "share"), [("trials", 0.7), ("jobs", 0.25), ("pods", 0.25)])
def test_most_of_an_object_is_not_kept(plural: str, share: float) -> None:
    obj = MAKE[plural]()
    assert len(json.dumps(reduced(plural, obj))) < share * len(json.dumps(obj))


def test_what_many_objects_say_is_kept_once() -> None:
    one, other = (reduced("pods", json.loads(json.dumps(objects.pod(number)))) for number in (1, 2))
    assert one["status"]["phase"] is other["status"]["phase"]
    assert one["metadata"]["namespace"] is other["metadata"]["namespace"]


def test_a_cache_keeps_no_more() -> None:
    cache = ObjectCache(labelled_key, lambda obj: reduced("pods", obj))
    cache.put(objects.pod())
    kept = cache.get(objects.pod()["metadata"]["uid"])
    assert kept is not None
    assert "managedFields" not in kept["metadata"]
