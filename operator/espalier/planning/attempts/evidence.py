"""What is known of each attempt of a trial: what was recorded when it was seen, then its pod.

A pod shows how its processes stopped and vanishes soon; what was told it before it stopped is what
tells a trainer that has come to its end from one that was made to end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from espalier.planning.world.kubelet_words import DEADLINE, NOT_STARTED
from espalier.planning.world.record import AttemptRecord
from espalier.planning.world.snapshot import ContainerView, PodView
from espalier.planning.world.workload_view import WorkloadView

_CLOCKS = 2.0
"""Seconds by which the clocks of a node and of the API server may differ; each cuts to seconds."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The facts of one attempt; the newest one's Job or pod need not be there any more.

    Parameters
    ----------
    name
        Of the pod.
    over
        Whether none of its processes is left.
    succeeded
        Whether its pod has succeeded, so that its Job is complete or about to be.
    started
        Whether the trainer's container ever ran.
    exit_code, exit_reason, exit_message
        Of the trainer's container; None and empty while it has not ended.
    killed_before
        Whether the trainer's container was killed for its memory before it was started again.
    finished_at
        When it ended, by its node's clock; None if it has not, or its pod is gone.
    asked
        Whether it was told to end before it ended: disrupted, deleted or suspended.
    disruption
        By what; empty where that came after the end.
    deleted
        Whether somebody deleted its pod before it ended.
    suspended
        Whether its Job was suspended under it before it ended.
    kubelet
        The kubelet's reason for ending or refusing the pod, whether or not it is a disruption.
    said
        The kubelet's words, or those of the disruption.
    helper
        A container besides the trainer that has failed.
    reached_end
        Whether the step of `resource.max` was reported in it.
    valued
        Whether a finite value of the objective's metric was.
    """

    name: str
    job_uid: str = ""
    over: bool = False
    succeeded: bool = False
    started: bool = False
    exit_code: int | None = None
    exit_reason: str = ""
    exit_message: str = ""
    killed_before: bool = False
    finished_at: float | None = None
    asked: bool = False
    disruption: str = ""
    deleted: bool = False
    suspended: bool = False
    kubelet: str = ""
    said: str = ""
    helper: ContainerView | None = None
    reached_end: bool = False
    valued: bool = False

    @property
    def ended(self) -> bool:
        """Whether its trainer has ended, or can do so no more."""
        return self.over or self.exit_code is not None


def attempts_of(
    records: Sequence[AttemptRecord],
    pods: Sequence[PodView],
    jobs: Sequence[WorkloadView],
    trainer: str,
) -> tuple[Attempt, ...]:
    """Return a trial's attempts, oldest first; a record and a pod of one uid are one.

    Parameters
    ----------
    pods
        Oldest first.
    trainer
        Name of the container that trains.
    """
    known = {record.pod_uid: record for record in records}
    present = {pod.uid for pod in pods}
    suspended = {job.uid for job in jobs if job.suspended}
    rest = iter(pods)
    found = list[Attempt]()
    # Attempts are numbered as their pods come to be known, which is not always the order in which
    # they were made.
    for record in records:
        if record.pod_uid not in present:
            found.append(_recorded(record))
        else:
            pod = next(rest)
            found.append(_attempt(known.get(pod.uid), pod, trainer, suspended))
    found += [_attempt(known.get(pod.uid), pod, trainer, suspended) for pod in rest]
    return tuple(found)


def trainer_end(pod: PodView, trainer: str) -> tuple[int | None, str]:
    """Return exit code and reason of a pod's trainer; None and nothing while it has not ended.

    A pod that the kubelet ended for its deadline, or refused for good, says so as the reason.
    """
    container = pod.containers.get(trainer)
    code = container.exit_code if container else None
    if container is None and pod.phase == "Succeeded":
        code = 0
    reason = container.exit_reason if container else ""
    if pod.phase == "Failed" and pod.reason and not pod.disruption:
        reason = pod.reason
    return code, reason


def asked_to_end(pod: PodView, trainer: str) -> bool:
    """Whether a pod was told to end before its trainer had ended.

    A deletion without a time is the operator's own, which has been accepted and is not shown yet:
    an end that is shown without it was there before it.
    """
    if pod.phase == "Failed" and pod.reason and pod.disrupted_at is None:
        return True
    if not (pod.deleting or pod.disruption):
        return False
    code, _ = trainer_end(pod, trainer)
    if code is None:
        return True
    container = pod.containers.get(trainer)
    ended = container.finished_at if container else None
    asked = [pod.disrupted_at] if pod.disruption else []
    asked += [pod.deleting_since] if pod.deleting and pod.deleting_since is not None else []
    return any(ended is None or at is None or ended > at - _CLOCKS for at in asked)


def _attempt(
    record: AttemptRecord | None, pod: PodView, trainer: str, suspended: set[str]
) -> Attempt:
    container = pod.containers.get(trainer)
    code, reason = trainer_end(pod, trainer)
    asked = asked_to_end(pod, trainer)
    stopped = pod.deleting and pod.job_uid in suspended
    seen = Attempt(
        name=pod.name,
        job_uid=pod.job_uid,
        over=pod.over,
        succeeded=pod.phase == "Succeeded",
        started=_started(container),
        exit_code=code,
        exit_reason=reason,
        exit_message=container.exit_message if container else "",
        killed_before=container is not None and container.last_reason == "OOMKilled",
        finished_at=container.finished_at if container else None,
        asked=asked,
        disruption=pod.disruption if asked else "",
        deleted=asked and pod.deleting and not pod.disruption and not stopped,
        suspended=asked and stopped,
        kubelet=pod.reason if pod.phase == "Failed" else "",
        said=pod.message,
        helper=_failed_helper(pod.containers, trainer),
    )
    return seen if record is None else _joined(seen, _recorded(record))


def _recorded(record: AttemptRecord) -> Attempt:
    """Return what is known of an attempt whose pod is gone."""
    return Attempt(
        name=record.pod,
        job_uid=record.job_uid,
        over=record.over,
        started=record.ran > 0.0 or _has_run(record.exit_code, record.exit_reason),
        exit_code=record.exit_code,
        exit_reason=record.exit_reason,
        asked=bool(record.disruption or record.deleted or record.suspended)
        or record.exit_reason == DEADLINE,
        disruption=record.disruption,
        deleted=record.deleted,
        suspended=record.suspended,
        kubelet=record.disruption or record.exit_reason,
    )


def _joined(seen: Attempt, recorded: Attempt) -> Attempt:
    """Join what a pod shows with what was recorded of it, which comes first."""
    told = recorded if recorded.asked or recorded.exit_code is not None else seen
    return replace(
        seen,
        over=seen.over or recorded.over,
        started=seen.started or recorded.started,
        exit_code=seen.exit_code if seen.exit_code is not None else recorded.exit_code,
        exit_reason=seen.exit_reason or recorded.exit_reason,
        asked=told.asked,
        disruption=told.disruption,
        deleted=told.deleted,
        suspended=told.suspended,
        kubelet=seen.kubelet or recorded.kubelet,
    )


def _started(container: ContainerView | None) -> bool:
    if container is None:
        return False
    return container.running or _has_run(container.exit_code, container.exit_reason)


def _has_run(exit_code: int | None, exit_reason: str) -> bool:
    return exit_code is not None and exit_reason not in NOT_STARTED


def _failed_helper(containers: Mapping[str, ContainerView], trainer: str) -> ContainerView | None:
    others = (view for name, view in containers.items() if name != trainer)
    return next((view for view in others if view.exit_code not in (None, 0)), None)
