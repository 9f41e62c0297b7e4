"""What the cluster has against a trial: its Job, its pod, the node."""

from __future__ import annotations

from espalier.planning.obstacles.queue_words import sentence
from espalier.planning.obstacles.refusals import POD_SECURITY, QUOTA
from espalier.planning.obstacles.scene import Scene
from espalier.planning.standing.standing import Standing
from espalier.planning.world.kubelet_words import CREATE, PULL
from espalier.planning.world.names import SIDECAR, titled
from espalier.planning.world.snapshot import Cause, PodView
from espalier.planning.world.status_words import at_least, full_stop
from espalier.planning.world.waiting import containers, waits_for
from espalier.planning.world.workload_view import WorkloadView

_DEFAULT_GRACE = 30.0
_VOLUMES = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
_AGAIN = "it is tried again by itself"


# -- a Job without a pod -----------------------------------------------------------------------


def pod_security(scene: Scene, standing: Standing) -> str | None:
    """Tell that the namespace's Pod Security level refuses the pod."""
    cause = _refusal(scene, standing)
    if cause is None or not any(said in cause.message for said in POD_SECURITY):
        return None
    return (
        f"{titled(standing.number)} gets no pod: {cause.words()}. Have securityContext in "
        "spec.template comply, or run the study in another namespace."
    )


def pod_quota(scene: Scene, standing: Standing) -> str | None:
    """Tell that a quota refuses the pod."""
    cause = _refusal(scene, standing)
    if cause is None or not any(said in cause.message for said in QUOTA):
        return None
    remedy = (
        f"Give each container what it must specify (those of spec.template there, {SIDECAR} by "
        "spec.sidecar.resources or the chart's sidecar.resources), or have a LimitRange do it"
        if "must specify" in cause.message
        else "Raise the quota, ask for less, or lower spec.trials.parallelism"
    )
    return f"{titled(standing.number)} gets no pod: {cause.words()}. {remedy}; {_AGAIN}."


def pod_refused(scene: Scene, standing: Standing) -> str | None:
    """Tell that something else refuses the pod, such as a LimitRange or a policy."""
    cause = _refusal(scene, standing)
    if cause is None:
        return None
    return (
        f"{titled(standing.number)} gets no pod: {cause.words()}. Correct spec.template, or have "
        f"what refuses it allow it; {_AGAIN}."
    )


def no_pod(scene: Scene, standing: Standing) -> str | None:
    """Tell that a Job has made no pod, and that nobody says why."""
    job, still = _podless(standing), scene.idle(standing)
    if job is None or standing.pods or still < scene.settings.pod_patience:
        return None
    return (
        f"{job.title} has made no pod for {at_least(still)}; kubectl describe "
        f"{job.kind.name.lower()} {job.name} may tell why, and whether the cluster's "
        f"{job.kind.name} controller runs."
    )


def _podless(standing: Standing) -> WorkloadView | None:
    """Return the Job of a trial that should have a pod and has none."""
    job = standing.workload
    if standing.end is not None or job is None or standing.live:
        return None
    settled = job.suspended or job.over
    succeeded = any(pod.phase == "Succeeded" for pod in standing.pods if pod.job_uid == job.uid)
    return None if settled or succeeded else job


def _refusal(scene: Scene, standing: Standing) -> Cause | None:
    """Return what is said of a Job that gets no pod."""
    if _podless(standing) is None or scene.idle(standing) < scene.settings.refusal_patience:
        return None
    return scene.cause(standing)


# -- a pod that does not start, or does not go ---------------------------------------------------


def node_silent(scene: Scene, standing: Standing) -> str | None:
    """Tell that a pod is to go and stays."""
    pod = next((pod for pod in standing.live if pod.deleting), None)
    spec = scene.snapshot.study.spec
    own = spec.template["spec"].get("terminationGracePeriodSeconds") if spec else None
    grace = float(own) if isinstance(own, int | float) else _DEFAULT_GRACE
    still = scene.idle(standing)
    if pod is None or still < scene.settings.pod_patience + grace:
        return None
    node = f"node {pod.node}" if pod.node else "its node"
    cause = scene.cause(standing)
    said = f" ({cause.words()})" if cause is not None else ""
    return (
        f"{titled(standing.number)}: pod {pod.name} is to go for {at_least(still)}, and the "
        f"kubelet of {node} does not answer{said}; until then it holds its slot and its "
        "devices. If that machine is gone for good, delete its Node object."
    )


def image_fails(scene: Scene, standing: Standing) -> str | None:
    """Tell that an image is not pulled."""
    pod = _unstarted(scene, standing, scene.settings.refusal_patience)
    container = waits_for(pod, PULL) if pod is not None else None
    if pod is None or container is None:
        return None
    where = (
        "the operator's --sidecar-image"
        if container.name == SIDECAR
        else f"the image of container {container.name} in spec.template"
    )
    return (
        f"{titled(standing.number)}, pod {pod.name}: {container.waiting_reason}: "
        f"{container.waiting_message}; have the registry answer, or correct {where}, its "
        f"imagePullPolicy or imagePullSecrets; {_AGAIN}."
    )


def container_fails(scene: Scene, standing: Standing) -> str | None:
    """Tell that a container cannot be made or started."""
    pod = _unstarted(scene, standing, scene.settings.refusal_patience)
    container = waits_for(pod, CREATE) if pod is not None else None
    if pod is None or container is None:
        return None
    return (
        f"{titled(standing.number)}, pod {pod.name}, container {container.name}: "
        f"{container.waiting_reason}: {container.waiting_message}; make what spec.template refers "
        f"to, or correct it there; {_AGAIN}."
    )


def volume_fails(scene: Scene, standing: Standing) -> str | None:
    """Tell that a volume cannot be mounted."""
    pod = _unstarted(scene, standing, scene.settings.refusal_patience)
    cause = scene.cause(standing) if pod is not None else None
    if pod is None or cause is None or cause.reason not in _VOLUMES:
        return None
    return (
        f"{titled(standing.number)}, pod {pod.name}: {cause.words()}. Make what the volume refers "
        f"to, or correct volumes in spec.template; {_AGAIN}."
    )


def unschedulable(scene: Scene, standing: Standing) -> str | None:
    """Tell that a pod has no node."""
    pod = _unstarted(scene, standing, scene.settings.pod_patience)
    if pod is None or pod.node or not (pod.unschedulable or _untouched(pod)):
        return None
    cause = scene.cause(standing)
    said = pod.unschedulable or (
        cause.words()
        if cause is not None
        else f"no scheduler has looked at pod {pod.name}; are schedulerName and schedulingGates of "
        "spec.template right?"
    )
    return (
        f"{titled(standing.number)} waits for a node for {at_least(scene.idle(standing))}: "
        f"{full_stop(said)} Make room, or have spec.template ask for less."
    )


def not_starting(scene: Scene, standing: Standing) -> str | None:
    """Tell that a pod has a node and does not start."""
    pod = _unstarted(scene, standing, scene.settings.pod_patience)
    if pod is None or any(each.running for each in pod.containers.values()):
        return None
    cause, still = scene.cause(standing), scene.idle(standing)
    if cause is None and still < scene.settings.stall_patience:
        return None
    said = cause.words() if cause is not None else "nothing says why"
    return (
        f"{titled(standing.number)}: pod {pod.name} is being started for {at_least(still)}: "
        f"{said}. kubectl describe pod {pod.name} tells more."
    )


def runs_on(scene: Scene, standing: Standing) -> str | None:
    """Tell that the trainer is done and its pod is not."""
    pod = standing.live[-1] if standing.live else None
    trainer = pod.containers.get(scene.trainer) if pod is not None else None
    still = scene.idle(standing)
    if pod is None or trainer is None or trainer.exit_code is None or standing.end is not None:
        return None
    if pod.deleting or still < scene.settings.pod_patience:
        return None
    running = sorted(each.name for each in containers(pod) if each.running)
    if running == [SIDECAR]:
        remedy = f"{SIDECAR} has values that the operator has not taken; its log tells why"
    else:
        remedy = "make it an init container with restartPolicy Always, which ends with the trainer"
    return (
        f"{titled(standing.number)}: the trainer has ended with exit code {trainer.exit_code}, and "
        f"{' and '.join(running) or 'nothing'} of pod {pod.name} runs on for {at_least(still)}; "
        f"{remedy}."
    )


def _unstarted(scene: Scene, standing: Standing, patience: float) -> PodView | None:
    """Return the living pod of a trial whose trainer has not begun for longer than a patience."""
    if standing.end is not None or not standing.live or scene.idle(standing) < patience:
        return None
    pod = standing.live[-1]
    return None if pod.deleting or scene.began(pod) else pod


def _untouched(pod: PodView) -> bool:
    return pod.started_at is None and not any(
        each.running or each.waiting_reason for each in containers(pod)
    )


# -- the rest ------------------------------------------------------------------------------------


def queued(scene: Scene, standing: Standing) -> str | None:
    """Tell that a queue holds back all that could go on."""
    job, patience = standing.workload, scene.settings.stall_patience
    if job is None or standing.end is not None or not job.suspended or job.suspended_by_us:
        return None
    if min(scene.idle(standing), scene.study_idle) < patience:
        return None
    lasts = f"{at_least(scene.idle(standing))}, and no other trial goes on"
    if not job.queue:
        return f"Somebody has suspended {job.title} for {lasts}; set its spec.suspend to false."
    said = f": {sentence(standing.queue)}" if standing.queue else "; its Workload tells why."
    return f"Queue {job.queue} holds {job.title} back for {lasts}{said}"


def stalled(scene: Scene, standing: Standing) -> str | None:
    """Tell of whatever else stands still without training."""
    still, job = scene.idle(standing), standing.workload
    if still < scene.settings.stall_patience or (job is not None and job.suspended):
        return None
    if any(scene.runs(pod) and not pod.deleting for pod in standing.live):
        return None
    cause = scene.cause(standing)
    said = cause.words() if cause is not None else "nothing says why"
    what = next((f"pod {pod.name}" for pod in standing.live), job.title if job else "it")
    return (
        f"{titled(standing.number)} has not come further for {at_least(still)}, and {what} is "
        f"there: {said}. kubectl describe tells more; deleting {what} lets the trial go on or end."
    )
