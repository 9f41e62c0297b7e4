"""From the API server's dicts to the views that planning reads; nothing here decides anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from espalier.planning.names import (
    NUMBER_LABEL,
    QUEUE_LABEL,
    SIDECAR,
    STUDY_UID_LABEL,
    SUSPENDED_ANNOTATION,
    TEMPLATE_ANNOTATION,
    trial_name,
)
from espalier.planning.snapshot import (
    ContainerView,
    JobView,
    PodView,
    StudyView,
    TrialView,
)

if TYPE_CHECKING:
    from espalier.api import StudySpec

Object = Mapping[str, Any]


def seconds(timestamp: str | None) -> float | None:
    """Return an RFC 3339 time as seconds since the epoch."""
    if not timestamp:
        return None
    return datetime.fromisoformat(timestamp).timestamp()


def timestamp(at: float) -> str:
    """Return a time as Kubernetes writes it, to the second."""
    return datetime.fromtimestamp(math.floor(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Controller(NamedTuple):
    """The controlling owner that an object names; all empty where it names none."""

    group: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""


def controller_of(obj: Object) -> Controller:
    """Return the controlling owner that an object names."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            group, _, _ = str(owner.get("apiVersion", "")).rpartition("/")
            return Controller(group, str(owner["kind"]), str(owner["name"]), str(owner["uid"]))
    return Controller()


def controller_uid(obj: Object) -> str:
    """Return the uid of the object's controlling owner, empty where it has none."""
    return controller_of(obj).uid


def study_view(
    obj: Object, spec: StudySpec | None, error: str | None, written_at: float = 0.0
) -> StudyView:
    """View a Study whose spec was read, or could not be."""
    meta = obj["metadata"]
    return StudyView(
        uid=meta["uid"],
        namespace=meta["namespace"],
        name=meta["name"],
        generation=int(meta.get("generation", 1)),
        deleting="deletionTimestamp" in meta,
        spec=spec,
        error=error,
        labels=meta.get("labels") or {},
        status=obj.get("status") or {},
        status_written_at=written_at,
        created_at=seconds(meta.get("creationTimestamp")) or 0.0,
    )


def trial_view(obj: Object, study: str, study_uid: str, written_at: float = 0.0) -> TrialView:
    """View a Trial of a study."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    number = spec.get("number")
    if number is None or meta["name"] != trial_name(study, int(number)):
        number = status.get("number")
    labels = meta.get("labels") or {}
    adopted = controller_uid(obj) == study_uid and labels.get(STUDY_UID_LABEL) == study_uid
    return TrialView(
        uid=meta["uid"],
        name=meta["name"],
        number=None if number is None else int(number),
        parameters=spec.get("parameters") or {},
        generation=int(meta.get("generation", 1)),
        created_at=seconds(meta.get("creationTimestamp")) or 0.0,
        deleting="deletionTimestamp" in meta,
        sampled=(spec.get("study") or {}).get("uid") == study_uid,
        adopted=adopted and (number is None or labels.get(NUMBER_LABEL) == str(number)),
        status=status,
        status_written_at=written_at,
    )


def job_view(obj: Object, number: int) -> JobView:
    """View a Job of the trial with this number, by its owner chain."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    annotations = meta.get("annotations") or {}
    true = {
        condition["type"]: condition
        for condition in status.get("conditions") or ()
        if condition.get("status") == "True"
    }
    failed = true.get("Failed") or true.get("FailureTarget") or {}
    return JobView(
        uid=meta["uid"],
        name=meta["name"],
        trial_uid=controller_uid(obj),
        number=number,
        created_at=seconds(meta.get("creationTimestamp")) or 0.0,
        template=_integer(annotations.get(TEMPLATE_ANNOTATION)),
        deleting="deletionTimestamp" in meta,
        suspended=bool(spec.get("suspend")),
        suspended_by_us=SUSPENDED_ANNOTATION in annotations,
        queue=str((meta.get("labels") or {}).get(QUEUE_LABEL) or ""),
        complete="Complete" in true or "SuccessCriteriaMet" in true,
        failed=bool(failed),
        failed_reason=failed.get("reason", ""),
        failed_message=failed.get("message", ""),
    )


def pod_view(obj: Object, number: int) -> PodView:
    """View a pod of the trial with this number, by its owner chain."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    true: dict[str, Object] = {}
    false: dict[str, Object] = {}
    for condition in status.get("conditions") or ():
        (true if condition.get("status") == "True" else false)[condition["type"]] = condition
    unscheduled = false.get("PodScheduled", {})
    controller = controller_of(obj)
    inits = {view.name: view for view in map(_container, status.get("initContainerStatuses") or ())}
    return PodView(
        uid=meta["uid"],
        name=meta["name"],
        number=number,
        job_name=controller.name,
        job_uid=controller.uid,
        phase=status.get("phase", "Pending"),
        created_at=seconds(meta.get("creationTimestamp")) or 0.0,
        started_at=seconds(status.get("startTime")),
        deleting="deletionTimestamp" in meta,
        disruption=str(true.get("DisruptionTarget", {}).get("reason", "")),
        message=status.get("message", "") or "",
        unschedulable=str(unscheduled.get("message", "")),
        gpus=gpus_of(spec),
        containers={
            **{name: view for name, view in inits.items() if name != SIDECAR},
            **{v.name: v for v in map(_container, status.get("containerStatuses") or ())},
        },
        sidecar=inits.get(SIDECAR),
    )


def gpus_of(pod_spec: Object) -> float:
    """Return how many accelerators a pod holds: extended resources named ``*/gpu`` or a MIG's."""
    total = 0.0
    for container in pod_spec.get("containers") or ():
        resources = container.get("resources") or {}
        wanted = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
        for name, count in wanted.items():
            if name.endswith("/gpu") or "/mig-" in name or ".com/gpu" in name:
                total += _integer(count)
    return total


def _integer(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        return 0


def _container(status: Object) -> ContainerView:
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    running = state.get("running") or {}
    return ContainerView(
        name=status["name"],
        running="running" in state,
        waiting_reason=waiting.get("reason", ""),
        waiting_message=waiting.get("message", "") or "",
        exit_code=ended.get("exitCode"),
        exit_reason=ended.get("reason", "") or "",
        exit_message=ended.get("message", "") or "",
        started_at=seconds(running.get("startedAt") or ended.get("startedAt")),
        finished_at=seconds(ended.get("finishedAt")),
    )
