"""Objects as people write them, and as a hostile tenant forges them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.planning.world.names import (
    API_VERSION,
    NUMBER_LABEL,
    STUDY_LABEL,
    STUDY_UID_LABEL,
    TRIAL_LABEL,
)
from tests.planning.worlds import spec_dict
from tests.simulation.api_server import Object

UNPULLABLE = "registry.local/unpullable"


def study(name: str = "s", **spec: Any) -> Object:
    """Return a Study whose pruner prunes what falls below 0."""
    strict = {"exemptPercent": 0, "keepBest": 0, "breaker": {"sharePercent": 0}}
    body = spec_dict(
        **{
            "trials": {"max": 8, "parallelism": 3, "maxFailed": 99, "retries": 2},
            "pruner": {"type": "Threshold", "threshold": {"lower": 0.0}},
            "resource": {"name": "epoch", "max": 5},
            "pruning": {**strict, "gracePeriodSeconds": 1},
            **spec,
        }
    )
    return {"metadata": {"name": name}, "spec": body}


def hand_made(name: str, study_name: str = "s", lr: Any = 0.1, **spec: Any) -> Object:
    """Return a Trial that a person places, or one that claims to have been sampled."""
    named = {"name": study_name, **spec.pop("study", {})}
    return {
        "metadata": {"name": name},
        "spec": {"study": named, "parameters": {"lr": lr}, **spec},
    }


def labels(study_uid: str, number: int, study_name: str = "s") -> dict[str, str]:
    """Return the labels that a trial's objects have: anybody can write them."""
    return {
        STUDY_LABEL: study_name,
        STUDY_UID_LABEL: study_uid,
        TRIAL_LABEL: f"{study_name}-{number}",
        NUMBER_LABEL: str(number),
    }


def owned_by(kind: str, name: str, uid: str) -> list[dict[str, Any]]:
    """Return a controlling owner reference: anybody can write that, too."""
    version = {"Trial": API_VERSION, "Study": API_VERSION}.get(kind, "batch/v1")
    return [{"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": True}]


def forged_job(
    name: str, marks: Mapping[str, str], owners: list[dict[str, Any]] | None = None
) -> Object:
    """Return a Job that says it is a trial's."""
    container = {"name": "trainer", "image": "mine"}
    body: Object = {
        "metadata": {"name": name, "labels": dict(marks)},
        "spec": {
            "backoffLimit": 0,
            "template": {
                "metadata": {"labels": dict(marks)},
                "spec": {"containers": [container]},
            },
        },
    }
    if owners:
        body["metadata"]["ownerReferences"] = owners
    return body


def forged_pod(
    name: str, marks: Mapping[str, str], owners: list[dict[str, Any]] | None = None
) -> Object:
    """Return a pod that says it is a trial's, and whose image cannot be pulled."""
    body: Object = {
        "metadata": {"name": name, "labels": dict(marks)},
        "spec": {"containers": [{"name": "trainer", "image": UNPULLABLE}]},
    }
    if owners:
        body["metadata"]["ownerReferences"] = owners
    return body


def stuck(reason: str = "ErrImagePull") -> Object:
    """Return the status of a pod whose image cannot be pulled."""
    waiting = {"waiting": {"reason": reason, "message": "no such image"}}
    return {
        "phase": "Pending",
        "containerStatuses": [{"name": "trainer", "state": waiting}],
    }
