"""The facts about a trial by which it is told whether and how it has ended; all taken once."""

from __future__ import annotations

from dataclasses import dataclass

from espalier.api.reasons import SUSPENDED, Retry
from espalier.planning.attempts.checks import how_ended
from espalier.planning.attempts.evidence import Attempt
from espalier.planning.standing.standing import Standing
from espalier.planning.workload.registry import kind_of
from espalier.planning.world.kubelet_words import DEADLINE
from espalier.planning.world.names import job_ordinal
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import ContainerView, PodView
from espalier.planning.world.waiting import containers, fails_to_start


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a trial without a recorded end; seconds by the operator's clock.

    Parameters
    ----------
    kind
        What runs it, in a word: ``Job``, or another kind of workload.
    pruning
        What the decision says that prunes it; empty where none does.
    remains
        Whether a Job or a running pod of it is left, or may be.
    trial_gone, trial_proof
        Whether the Trial is deleted, and how that is known.
    waiting
        Whether it never had a Job.
    has_job, job_sought
        Whether its Job is there, and if not whether nothing says that it is gone.
    workload_over, complete
        Whether the Job makes no pod any more, and whether it is complete.
    suspended
        Whether it is suspended.
    job_deadline
        What the Job says, if it has failed by a deadline of its own; else empty.
    leaving
        The Job that is being deleted before it was over; empty where none is.
    cut_short
        Whether the Job was seen to be deleted before it was over.
    proof
        How it is known that the Job is gone.
    pods_gone
        Whether the Job is known to have no pod any more.
    newest
        Its newest attempt.
    last
        The attempt that tells how it ended: the newest, if that has ended.
    failure
        The newest attempt that ended by a fault of the trial's own.
    own_failures, retries
        How many attempts did, and how many may.
    disruptions, most_disruptions
        How often it was disrupted, and how often it may be.
    reached_end, last_step
        Whether the last step was reported, and which that is.
    lingers
        Seconds since the trainer ended in a pod whose other containers run on; None elsewhere.
    grace
        For how long the last values are waited for then.
    blocked, blocked_for, patience
        A container that cannot be started, for how long by now, and for how long that is borne.
    old_template
        Whether its pod is of an earlier template.
    ran, limit
        For how long the trainer runs, and may run; None where it does not, or has no limit.
    """

    kind: str = "workload"
    pruning: str = ""
    remains: bool = False
    trial_gone: bool = False
    trial_proof: str = ""
    waiting: bool = False
    has_job: bool = False
    job_sought: bool = False
    workload_over: bool = False
    complete: bool = False
    suspended: bool = False
    job_deadline: str = ""
    leaving: str = ""
    cut_short: bool = False
    proof: str = ""
    pods_gone: bool = False
    newest: Attempt | None = None
    last: Attempt | None = None
    failure: Attempt | None = None
    own_failures: int = 0
    retries: int = 0
    disruptions: int = 0
    most_disruptions: int = 0
    reached_end: bool = False
    last_step: int = 0
    lingers: float | None = None
    grace: float = 0.0
    blocked: ContainerView | None = None
    blocked_for: float = 0.0
    patience: float = 0.0
    old_template: bool = False
    ran: float | None = None
    limit: float | None = None


def evidence_of(standing: Standing, settings: OperatorSettings) -> Evidence:
    """Take the facts of a trial at one moment; its Study's spec could be read."""
    spec = standing.blueprint.spec
    assert spec is not None
    job, record, attempts = standing.workload, standing.record, standing.attempts
    newest = attempts[-1] if attempts else None
    ended = newest if newest is not None and newest.ended else None
    pod = next((pod for pod in reversed(standing.pods) if not pod.over), None)
    blocked = blocked_container(pod)
    return Evidence(
        kind=(job.kind if job is not None else kind_of(spec).kind).name,
        pruning=record.prune.sentence() if record.prune else "",
        remains=_remains(standing),
        trial_gone=standing.view is None or standing.view.deleting,
        trial_proof=standing.view_proof,
        waiting=not standing.started,
        has_job=job is not None,
        job_sought=job is None and bool(standing.sought) and not standing.leaving,
        workload_over=standing.workload_over,
        complete=job is not None and job.succeeded,
        suspended=job is not None and job.suspended,
        job_deadline=_job_deadline(standing),
        leaving=next((each.name for each in standing.leaving if not each.over), ""),
        cut_short=standing.cut_short,
        proof=standing.proof,
        pods_gone=standing.pods_gone,
        newest=newest,
        last=standing.last if job else ended,
        failure=_failure(attempts),
        own_failures=standing.own_failures,
        retries=standing.retries,
        disruptions=_disruptions(standing),
        most_disruptions=settings.max_disruptions,
        reached_end=standing.reached_end,
        last_step=standing.last_step,
        lingers=_lingers(standing),
        grace=settings.values_grace,
        blocked=blocked,
        blocked_for=standing.span(pod.uid).blocked if pod and blocked else 0.0,
        patience=float(spec.trials.start_patience_seconds),
        old_template=blocked is not None and _of_old_template(standing),
        ran=_ran(standing, pod),
        limit=spec.trials.time_limit_seconds,
    )


def _remains(standing: Standing) -> bool:
    sought = standing.sought if standing.view is not None else ()
    return bool(standing.live or standing.workload or standing.leaving or sought)


def _job_deadline(standing: Standing) -> str:
    job = standing.workload
    if job is None or not job.failed or job.reason != DEADLINE:
        return ""
    return f"{job.reason}: {job.message}"


def _failure(attempts: tuple[Attempt, ...]) -> Attempt | None:
    for attempt in reversed(attempts):
        if attempt.ended and how_ended(attempt).ending.retry is Retry.COUNTED:
            return attempt
    return None


def _disruptions(standing: Standing) -> int:
    """Count what ended attempts without a fault; a suspension may do so as often as it likes.

    Each Job after the first stands for one, seen or not, or for a failure of the trial's own.
    """
    found = [how_ended(attempt).ending for attempt in standing.attempts if attempt.ended]
    seen = sum(ending.retry is Retry.FREE and ending is not SUSPENDED for ending in found)
    if standing.workload is None or standing.view is None:
        return seen
    jobs = job_ordinal(standing.view.name, standing.workload.name) or 0
    return max(seen, jobs + 1 - standing.own_failures)


def _lingers(standing: Standing) -> float | None:
    last = standing.last
    if last is None or last.over:
        return None
    pod = next((pod for pod in standing.pods if pod.name == last.name), None)
    return standing.span(pod.uid).ended if pod is not None else float("inf")


def blocked_container(pod: PodView | None) -> ContainerView | None:
    """Return the first container of a pod that cannot be started."""
    if pod is None or pod.deleting:
        return None
    return next((each for each in containers(pod) if fails_to_start(each)), None)


def _of_old_template(standing: Standing) -> bool:
    job = standing.workload
    return job is not None and job.template not in (0, standing.blueprint.template)


def _ran(standing: Standing, pod: PodView | None) -> float | None:
    """Return for how long a trainer runs that has not ended and was not told to."""
    container = pod.containers.get(standing.trainer) if pod else None
    if pod is None or container is None or not container.running:
        return None
    if pod.deleting or pod.disruption or container.started_at is None:
        return None
    return standing.span(pod.uid).ran
