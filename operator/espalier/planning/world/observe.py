"""From the API server's dicts to the views that planning reads; nothing here decides anything."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from espalier.planning.world.kinds import Kind
from espalier.planning.world.kubelet_words import disruption_by_kubelet
from espalier.planning.world.names import (
    BY_ANNOTATION,
    NUMBER_LABEL,
    PROTECT_ANNOTATION,
    PRUNE_ANNOTATION,
    QUEUE_LABEL,
    SIDECAR,
    STUDY_UID_LABEL,
    SUSPENDED_ANNOTATION,
    TEMPLATE_ANNOTATION,
    repeat_number,
    trial_name,
)
from espalier.planning.world.queueing import is_for_kueue
from espalier.planning.world.said import is_asked, who_of, why_of
from espalier.planning.world.snapshot import ContainerView, PodView, StudyView, TrialView
from espalier.planning.world.workload_view import Finished, WorkloadView
from espalier.pruning import repeat_of

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
    """Its API group."""
    kind: str = ""
    """Its kind."""
    name: str = ""
    """Its name."""
    uid: str = ""
    """Its uid, which no other object ever has."""


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
        annotations={
            key: value
            for key, value in (meta.get("annotations") or {}).items()
            if is_for_kueue(key)
        },
        status=obj.get("status") or {},
        status_written_at=written_at,
        created_at=seconds(meta.get("creationTimestamp")) or 0.0,
    )


def trial_view(obj: Object, study: str, study_uid: str, written_at: float = 0.0) -> TrialView:
    """View a Trial of a study."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    number = spec.get("number")
    if "repeat" in spec:
        number = repeat_number(study, meta["name"])
        if spec["repeat"] != _repeat(number):
            number = None
    if number is None or meta["name"] != trial_name(study, int(number)):
        number = status.get("number")
    labels, said = meta.get("labels") or {}, meta.get("annotations") or {}
    prune, protect = said.get(PRUNE_ANNOTATION), said.get(PROTECT_ANNOTATION)
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
        protected=is_asked(protect),
        why_protected=why_of(protect),
        why_prune=why_of(prune) if is_asked(prune) else None,
        by=who_of(said, BY_ANNOTATION),
        repeat="repeat" in spec,
        adopted=adopted and (number is None or labels.get(NUMBER_LABEL) == str(number)),
        status=status,
        status_written_at=written_at,
    )


def _repeat(number: int | None) -> dict[str, int] | None:
    """Return what a Trial of this number says of being a repeat."""
    repeat = repeat_of(number) if number is not None else None
    return None if repeat is None else {"of": repeat.of, "index": repeat.index}


def workload_view(
    obj: Object,
    number: int,
    kind: Kind,
    *,
    suspended: bool,
    finished: Finished,
    reason: str,
    message: str,
    selector: str,
) -> WorkloadView:
    """View the object that runs the trial with this number; its kind says what its state means."""
    meta = obj["metadata"]
    annotations = meta.get("annotations") or {}
    return WorkloadView(
        kind=kind,
        uid=meta["uid"],
        name=meta["name"],
        trial_uid=controller_uid(obj),
        number=number,
        created_at=seconds(meta.get("creationTimestamp")) or 0.0,
        template=_integer(annotations.get(TEMPLATE_ANNOTATION)),
        deleting="deletionTimestamp" in meta,
        suspended=suspended,
        suspended_by_us=SUSPENDED_ANNOTATION in annotations,
        queue=str((meta.get("labels") or {}).get(QUEUE_LABEL) or ""),
        finished=finished,
        reason=reason,
        message=message,
        selector=selector,
    )


def pod_view(obj: Object, number: int, *, reports: bool = True) -> PodView:
    """View a pod of the trial with this number, by its owner chain."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    true: dict[str, Object] = {}
    false: dict[str, Object] = {}
    for condition in status.get("conditions") or ():
        (true if condition.get("status") == "True" else false)[condition["type"]] = condition
    unscheduled, target = false.get("PodScheduled", {}), true.get("DisruptionTarget", {})
    controller = controller_of(obj)
    inits = {view.name: view for view in map(_container, status.get("initContainerStatuses") or ())}
    containers = {v.name: v for v in map(_container, status.get("containerStatuses") or ())}
    word = str(status.get("reason") or "")
    told = str(target.get("reason", ""))
    if told in ("", "TerminationByKubelet"):
        seen = (*inits.values(), *containers.values())
        began = any(view.started_at is not None or view.exit_code is not None for view in seen)
        failed = status.get("phase") == "Failed"
        told = disruption_by_kubelet(word, failed=failed, began=began) or told
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
        grace=meta.get("deletionGracePeriodSeconds"),
        deleting_since=_asked_to_go(meta),
        disruption=told,
        disrupted_at=seconds(target.get("lastTransitionTime")),
        reason=word,
        message=status.get("message") or target.get("message") or "",
        unschedulable=str(unscheduled.get("message", "")),
        gpus=gpus_of(spec),
        containers={
            **{name: view for name, view in inits.items() if name != SIDECAR},
            **containers,
        },
        sidecar=inits.get(SIDECAR),
        node=str(spec.get("nodeName") or ""),
        reports=reports,
    )


def _asked_to_go(meta: Object) -> float | None:
    """Return when a pod's deletion was asked for: its timestamp is when the grace is over."""
    try:
        due = seconds(meta.get("deletionTimestamp"))
    except ValueError:  # ours, which the API server has accepted and not shown yet
        return None
    return None if due is None else due - float(meta.get("deletionGracePeriodSeconds") or 0)


def gpus_of(pod_spec: Object) -> float:
    """Return how many accelerators a pod holds, parts of one (a MIG's, a shared one) as one each.

    Limits that go with a device, such as its memory or its cores, are no devices.
    """
    total = 0.0
    for container in pod_spec.get("containers") or ():
        resources = container.get("resources") or {}
        wanted = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
        total += sum(
            max(0, _integer(count)) for name, count in wanted.items() if is_accelerator(name)
        )
    return total


_ACCELERATOR = re.compile(
    r"""
    (?! koordinator[.]sh/ ) [^/]+/ [vs]?gpu (?: [.]shared )?    # koordinator.sh/gpu is in percent
    | [^/]+/ v?gpu-(?: number | count )
    | nvidia[.]com/ mig-[^/]+
    | amd[.]com/ [a-z]+_nps[0-9]+
    | gpu[.]intel[.]com/ (?: i915 | xe )
    | google[.]com/ tpu | cloud-tpus[.]google[.]com/ [^/]+
    | aws[.]amazon[.]com/ neuron (?: core | device )?
    | [^/]+/ (?: gaudi | dcu (?: num )? | gcu | npu | xpu | v?mlu | qaic ) [0-9]*
    | huawei[.]com/ ascend[0-9a-z]+ (?: -[0-9]+c[0-9a-z.]* )?   # the second part: a slice of it
    | furiosa[.]ai/ (?: rngd | warboy ) | rebellions[.]ai/ atom
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_accelerator(resource: str) -> bool:
    """Whether an extended resource counts accelerators, by its name."""
    return _ACCELERATOR.fullmatch(resource) is not None


def _integer(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        return 0


def _started(at: float | None) -> float | None:
    """Return a container's start; the kubelet writes 1970 for one that never was started."""
    return at or None


def _container(status: Object) -> ContainerView:
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    running = state.get("running") or {}
    last = (status.get("lastState") or {}).get("terminated") or {}
    return ContainerView(
        name=status["name"],
        running="running" in state,
        waiting_reason=waiting.get("reason", ""),
        waiting_message=waiting.get("message", "") or "",
        exit_code=ended.get("exitCode"),
        exit_reason=ended.get("reason", "") or "",
        exit_message=ended.get("message", "") or "",
        started_at=_started(seconds(running.get("startedAt") or ended.get("startedAt"))),
        finished_at=seconds(ended.get("finishedAt")),
        last_reason=last.get("reason", "") or "",
    )
