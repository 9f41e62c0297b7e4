"""What is kept of the cluster's objects: what the views and the owner chains read, and no more.

A finished trial's Trial, Job and pod are 130 KiB of dicts as the API server sends them, most of it
managed fields and copies of the template, and they stay as long as their Study does. What
`planning.world.observe` or the caches come to read must be kept here; a test compares the views.
What is to be kept of a workload's spec and status, its kind says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from espalier.planning.workload import registry
from espalier.planning.workload.kind import WorkloadKind
from espalier.planning.workload.registry import by_plural
from espalier.planning.world.names import (
    BY_ANNOTATION,
    DOMAIN,
    PROTECT_ANNOTATION,
    PRUNE_ANNOTATION,
    QUEUE_LABEL,
    SUSPENDED_ANNOTATION,
    TEMPLATE_ANNOTATION,
)
from espalier.planning.world.queueing import is_for_kueue
from espalier.planning.world.said import LONGEST_READ

Object = Mapping[str, Any]

_META = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
_OWNER = ("apiVersion", "kind", "name", "uid", "controller")
_CONDITION = ("type", "status", "reason", "message")
_OF_PEOPLE = (PROTECT_ANNOTATION, PRUNE_ANNOTATION, BY_ANNOTATION)
"""Annotations with what people say of a Trial, in any length."""
_ANNOTATIONS = (TEMPLATE_ANNOTATION, SUSPENDED_ANNOTATION)
_DISRUPTION = (*_CONDITION, "lastTransitionTime")
_TOLD_BY_PODS = ("PodScheduled", "DisruptionTarget")
_SHORT = 40
"""Strings up to here are kept once however often they come: names of fields, kinds, reasons."""


def reduced(plural: str, obj: Object) -> Object:
    """Return what is to be kept of an object; the same of what was reduced before.

    Parameters
    ----------
    plural : str
        ``studies``, ``trials``, ``pods`` or that of a workload.
    obj : mapping
        As the API server sent it; it is not changed, and shares nothing large with the result.
    """
    workload = by_plural(plural)
    return _BY_PLURAL[plural](obj) if workload is None else _workload(workload, obj)


def _study(obj: Object) -> Object:
    kept = _frame(obj, lambda _: True)
    kept["spec"] = obj.get("spec")
    if "status" in obj:
        kept["status"] = _shared(obj["status"])
    return kept


def _trial(obj: Object) -> Object:
    kept = _frame(obj, _ours)
    for part in ("spec", "status"):
        if part in obj:
            kept[part] = _shared(obj[part])
    return kept


def _workload(kind: WorkloadKind, obj: Object) -> Object:
    return {**_frame(obj, _ours), **_shared(kind.kept(obj))}


def _pod(obj: Object) -> Object:
    reporters = frozenset[str]().union(*(each.reporters_labels for each in registry.KINDS))
    kept = _frame(obj, lambda label: _ours(label) or label in reporters)
    status = obj.get("status") or {}
    containers = (obj.get("spec") or {}).get("containers") or ()
    kept["spec"] = _some(obj.get("spec") or {}, ("nodeName",))
    kept["spec"]["containers"] = [found for each in containers if (found := _devices(each))]
    told = _some(status, ("phase", "reason", "message", "startTime"))
    told["conditions"] = [
        _some(each, _DISRUPTION if each.get("type") == "DisruptionTarget" else _CONDITION)
        for each in status.get("conditions") or ()
        if each.get("type") in _TOLD_BY_PODS
    ]
    for kind in ("initContainerStatuses", "containerStatuses"):
        if status.get(kind):
            told[kind] = [_container(each) for each in status[kind]]
    kept["status"] = told
    return kept


_BY_PLURAL: Mapping[str, Callable[[Object], Object]] = {
    "studies": _study,
    "trials": _trial,
    "pods": _pod,
}


def _frame(obj: Object, keep_label: Callable[[str], bool]) -> dict[str, Any]:
    """Return kind and metadata: who it is, whose it is, and what we have written on it."""
    given = obj["metadata"]
    meta = _some(given, _META)
    if labels := given.get("labels"):
        meta["labels"] = {_once(k): _once(v) for k, v in labels.items() if keep_label(k)}
    annotations = given.get("annotations") or {}
    if ours := {k: annotations[k] for k in annotations if k in _ANNOTATIONS or is_for_kueue(k)}:
        meta["annotations"] = ours
    if said := {k: annotations[k][:LONGEST_READ] for k in annotations if k in _OF_PEOPLE}:
        meta.setdefault("annotations", {}).update(said)
    if owners := given.get("ownerReferences"):
        meta["ownerReferences"] = [_some(owner, _OWNER) for owner in owners]
    return _some(obj, ("apiVersion", "kind")) | {"metadata": meta}


def _ours(label: str) -> bool:
    return label.startswith(DOMAIN) or label == QUEUE_LABEL


def _devices(container: Object) -> Object | None:
    """Return a container's extended resources, whose names have a domain."""
    resources = container.get("resources") or {}
    kept = {}
    for kind in ("requests", "limits"):
        if found := {k: v for k, v in (resources.get(kind) or {}).items() if "/" in k}:
            kept[kind] = found
    return {"resources": kept} if kept else None


def _container(status: Object) -> Object:
    state = status.get("state") or {}
    kept: dict[str, Any] = {}
    for name in state:
        kept[_once(name)] = _some(
            state[name] or {},
            ("reason", "message", "exitCode", "startedAt", "finishedAt"),
        )
    told = {"name": _once(status["name"]), "state": kept}
    if last := (status.get("lastState") or {}).get("terminated"):
        told["lastState"] = {"terminated": _some(last, ("reason",))}
    return told


def _some(obj: Object, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of these names that are there."""
    return {key: _once(obj[key]) for key in keys if key in obj}


def _once(value: Any) -> Any:
    return sys.intern(value) if type(value) is str and len(value) <= _SHORT else value


def _shared(value: Any) -> Any:
    """Return a copy in which equal short strings are one."""
    if isinstance(value, Mapping):
        return {_once(key): _shared(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shared(each) for each in value]
    return _once(value)
