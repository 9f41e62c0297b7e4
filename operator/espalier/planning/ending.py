"""Why a trial has ended, or is to be ended: told by records first, then by what the pods show.

No field of a pod tells a pruned trial from a killed one, and an evicted trainer that exits 0 looks
like one that completed: so a decision row comes before anything that a pod shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from espalier.api import reasons
from espalier.api.reasons import Ending
from espalier.planning.names import SIDECAR, job_ordinal
from espalier.planning.settings import Settings
from espalier.planning.standing import Standing
from espalier.planning.status_words import words

if TYPE_CHECKING:
    from espalier.api import StudySpec
    from espalier.planning.snapshot import ContainerView, PodView

_PULL = {
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
}
_AT_ONCE = {"ErrImageNeverPull", "InvalidImageName"}
_CREATE = {"CreateContainerError", "CreateContainerConfigError", "CreatePodSandboxError"}
_START = {"RunContainerError", "PostStartHookError"}
_NOT_STARTED = {"StartError", "ContainerCannotRun"}

_DISRUPTIONS = {
    "EvictionByEvictionAPI": reasons.EVICTED,
    "PreemptionByScheduler": reasons.PREEMPTED,
    "PreemptionByKubeScheduler": reasons.PREEMPTED,
    "DeletionByTaintManager": reasons.NODE_LOST,
    "DeletionByPodGC": reasons.NODE_LOST,
    "TerminationByKubelet": reasons.NODE_PRESSURE,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """An ending with the words for this trial."""

    ending: Ending
    message: str


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing yet, but something will be at this time if nothing changes."""

    at: float


def judge_ending(
    standing: Standing, spec: StudySpec, trainer: str, settings: Settings, now: float
) -> Verdict | Later | None:
    """Tell how a trial that has no recorded ending ends; None while it goes on.

    Its undelivered values have been stored before: they may be what pruned it.
    """
    if standing.record.prune is not None:
        sought = standing.sought if standing.view is not None else ()
        gone = not (standing.live or standing.job or standing.leaving or sought)
        message = standing.record.prune.sentence()
        return Verdict(reasons.PRUNED, message) if gone else None
    if standing.view is None or standing.view.deleting:
        known = f": {standing.view_proof}" if standing.view_proof else ""
        return Verdict(reasons.DELETED_BY_USER, f"Someone deleted the Trial{known}.")
    job = standing.job
    if job is None:
        return _without_job(standing, spec)
    if standing.must_run_again:
        tried = job_ordinal(standing.view.name, job.name) or 0
        return _given_up(standing) if tried >= settings.max_disruptions else None
    if job.complete:
        return _completed(standing, spec, trainer)
    if job.failed:
        return _failed(standing, spec, trainer)
    return _running(standing, spec, trainer, settings, now)


def _without_job(standing: Standing, spec: StudySpec) -> Verdict | None:
    """Tell how a trial ends that has no Job: by no more than not being seen, it does not."""
    if not standing.started or (standing.sought and not standing.leaving):
        return None
    if standing.record.step is not None and standing.record.step >= spec.resource.max:
        return Verdict(
            reasons.COMPLETED,
            f"The Job is gone, as finished ones go by their TTL ({standing.proof}), after the last "
            f"{spec.resource.name}; {_best_of(standing, spec)}.",
        )
    leaving = next((f"Job {job.name} is being deleted" for job in standing.leaving), "")
    return Verdict(
        reasons.DELETED_BY_USER,
        "The trial's Job was deleted, by somebody or by a clean-up of finished Jobs: "
        f"{standing.proof or leaving}. Create a Trial with the same parameters to run it.",
    )


def disruption_of(pod: PodView) -> Ending:
    """Return the ending that a disrupted pod's attempt had."""
    return _DISRUPTIONS.get(pod.disruption, reasons.NODE_LOST)


def _completed(standing: Standing, spec: StudySpec, trainer: str) -> Verdict:
    if standing.record.best is None:
        return Verdict(
            reasons.NO_METRIC,
            f"Container {trainer} exited with code 0, but no finite value of "
            f"{spec.objective.metric!r} came; report it (docs/how-to/report-values.md), or correct "
            "spec.objective.metric in a new Study.",
        )
    return Verdict(
        reasons.COMPLETED,
        f"Exited with code 0; {_best_of(standing, spec)}.",
    )


def _best_of(standing: Standing, spec: StudySpec) -> str:
    best, step = standing.record.best, standing.record.best_step
    if best is None:
        return f"no finite {spec.objective.metric}"
    return f"best {spec.objective.metric} {best:.6g} at {spec.resource.name} {step}"


def _failed(standing: Standing, spec: StudySpec, trainer: str) -> Verdict:
    job = standing.job
    assert job is not None
    own = [pod for pod in standing.pods if pod.job_name == job.name]
    tries = f" ({spec.trials.retries} retries used up)" if spec.trials.retries else ""
    for pod in reversed(own):
        if pod.disruption:
            continue
        if pod.deleting and not _trainer_failed_itself(pod, trainer):
            return Verdict(reasons.DELETED_BY_USER, f"Someone deleted pod {pod.name}{tries}.")
        if verdict := _pod_failure(pod, trainer, tries):
            return verdict
    if own and own[-1].disruption:
        pod = own[-1]
        return Verdict(disruption_of(pod), f"Pod {pod.name}: {pod.disruption}. {pod.message}")
    return Verdict(
        reasons.DELETED_BY_USER,
        f"The trial's pod is gone{tries}; the Job says {job.failed_reason}: {job.failed_message}",
    )


def _trainer_failed_itself(pod: PodView, trainer: str) -> bool:
    container = pod.containers.get(trainer)
    code = container.exit_code if container else None
    return code not in (None, 0, 137, 143)


def _pod_failure(pod: PodView, trainer: str, tries: str) -> Verdict | None:
    first = pod.containers.get(trainer)
    rest = [container for name, container in pod.containers.items() if name != trainer]
    for container in [*([first] if first else []), *rest]:
        if container.exit_code not in (None, 0):
            return _container_failure(container, tries)
    if pod.phase == "Failed":
        return Verdict(reasons.TRAINER_FAILED, f"Pod {pod.name} failed: {pod.message}{tries}")
    return None


def _container_failure(container: ContainerView, tries: str) -> Verdict:
    said = f": {_last_line(container.exit_message)}" if container.exit_message else ""
    if container.exit_reason in _NOT_STARTED:
        return Verdict(
            reasons.BAD_COMMAND,
            f"Container {container.name} could not be started{said}; correct its command or args "
            "in spec.template.",
        )
    if container.exit_reason == "OOMKilled":
        return Verdict(
            reasons.OUT_OF_MEMORY,
            f"Container {container.name} was killed for using more memory than its limit{tries}; "
            "raise resources.limits.memory in spec.template, or train with less.",
        )
    hint = " (127: the shell found no such command)" if container.exit_code == 127 else ""
    return Verdict(
        reasons.TRAINER_FAILED,
        f"Container {container.name} exited with code {container.exit_code}{hint}{tries}{said}",
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _running(
    standing: Standing, spec: StudySpec, trainer: str, settings: Settings, now: float
) -> Verdict | Later | None:
    pod = next((pod for pod in reversed(standing.pods) if not pod.over), None)
    dead = standing.newest
    if dead is not None and dead.phase == "Failed" and not dead.disruption:
        for container in dead.containers.values():
            if container.exit_reason in _NOT_STARTED:
                return _container_failure(container, "")
    if standing.record.attempt > spec.trials.retries + 1 + settings.max_disruptions:
        return _given_up(standing)
    if pod is None:
        return None
    blocked = _blocked(pod, settings, now)
    return blocked if blocked is not None else _time_limit(pod, spec, trainer, now)


def _given_up(standing: Standing) -> Verdict:
    disrupted = next((pod for pod in reversed(standing.pods) if pod.disruption), None)
    ending = disruption_of(disrupted) if disrupted else reasons.NODE_LOST
    why = f": {disrupted.disruption} {disrupted.message}" if disrupted else ""
    return Verdict(
        ending, f"Disrupted again in attempt {standing.record.attempt}, so that it is given up{why}"
    )


def _blocked(pod: PodView, settings: Settings, now: float) -> Verdict | Later | None:
    """Tell whether the pod cannot start as its template is, for longer than a short patience."""
    since = pod.started_at or pod.created_at
    views = [*pod.containers.values(), *([pod.sidecar] if pod.sidecar else [])]
    for container in views:
        reason = container.waiting_reason
        if reason in _PULL:
            until = since if reason in _AT_ONCE else since + settings.pull_patience
            verdict = _image_verdict(container)
        elif reason in _CREATE | _START and not _starts_again(container):
            until = since + settings.start_patience
            verdict = _create_verdict(container)
        else:
            continue
        return verdict if now >= until else Later(until)
    return None


def _starts_again(container: ContainerView) -> bool:
    """Tell whether the kubelet starts it again: our sidecar, whose hook a disruption broke off."""
    return container.name == SIDECAR and container.waiting_reason == "PostStartHookError"


def _image_verdict(container: ContainerView) -> Verdict:
    where = (
        "the operator's --sidecar-image"
        if container.name == SIDECAR
        else f"the image of container {container.name} in spec.template"
    )
    return Verdict(
        reasons.IMAGE_PULL_FAILED,
        f"{container.waiting_reason}: {container.waiting_message}; correct {where}, its "
        "imagePullPolicy or imagePullSecrets.",
    )


def _create_verdict(container: ContainerView) -> Verdict:
    text = f"{container.waiting_reason}: {container.waiting_message}"
    if container.waiting_reason in _START:
        return Verdict(
            reasons.BAD_COMMAND,
            f"Container {container.name}: {text}; correct its command or args in spec.template.",
        )
    return Verdict(
        reasons.POD_REFUSED,
        f"Container {container.name}: {text}; correct what spec.template refers to.",
    )


def _time_limit(pod: PodView, spec: StudySpec, trainer: str, now: float) -> Verdict | Later | None:
    limit = spec.trials.time_limit_seconds
    container = pod.containers.get(trainer)
    if limit is None or container is None or container.started_at is None:
        return None
    until = container.started_at + limit
    if now < until:
        return Later(until)
    return Verdict(
        reasons.TIME_LIMIT_EXCEEDED,
        f"The trainer ran longer than spec.trials.timeLimitSeconds ({words(limit)}).",
    )
