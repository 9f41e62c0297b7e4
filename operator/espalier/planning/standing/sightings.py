"""What there is to record of an attempt: pods and Jobs go, and with them what they showed.

What was seen decides how a trial ended, also where its pod is gone by then; so it is recorded as
soon as it is seen, and nothing that is recorded is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from espalier.planning.attempts.evidence import asked_to_end, trainer_end
from espalier.planning.effects import RecordAttempt
from espalier.planning.standing.standing import Standing
from espalier.planning.world.kubelet_words import end_is_unknown
from espalier.planning.world.record import AttemptRecord, Wanted
from espalier.planning.world.snapshot import PodView


def joined(known: AttemptRecord, seen: AttemptRecord) -> AttemptRecord:
    """Return what is known of an attempt after more was seen of it; nothing is taken back.

    A kubelet that has lost sight of a container writes an end of its own over the one it wrote
    before, and without a time: whether the trainer was told to end, that does not tell.
    """
    if known.exit_code is not None and _is_lost(known.exit_code, seen):
        seen = replace(
            seen,
            disruption=known.disruption,
            deleted=known.deleted,
            suspended=known.suspended,
            exit_reason=known.exit_reason,
        )
    return AttemptRecord(
        attempt=known.attempt,
        pod_uid=known.pod_uid,
        pod=known.pod or seen.pod,
        job_uid=known.job_uid or seen.job_uid,
        gpus=max(known.gpus, seen.gpus),
        held=max(known.held, seen.held),
        ran=max(known.ran, seen.ran),
        disruption=known.disruption or seen.disruption,
        deleted=known.deleted or seen.deleted,
        suspended=known.suspended or seen.suspended,
        exit_code=known.exit_code if known.exit_code is not None else seen.exit_code,
        exit_reason=known.exit_reason or seen.exit_reason,
        over=known.over or seen.over,
    )


def _is_lost(exit_code: int, seen: AttemptRecord) -> bool:
    """Whether what is seen is not the end that was seen before."""
    return seen.exit_code != exit_code or end_is_unknown(seen.exit_reason)


def records(standing: Standing, interval: float) -> Iterator[RecordAttempt]:
    """Yield what is to be recorded of a trial's attempts, the oldest first.

    Parameters
    ----------
    standing
        Of a trial that has not ended.
    interval
        Seconds by which an attempt's must have grown to be recorded, if nothing else is new.
    """
    known = {each.pod_uid: each for each in standing.record.attempts}
    present = {pod.uid for pod in standing.pods}
    for attempt in standing.record.attempts:
        if not attempt.over and attempt.pod_uid not in present:
            yield from _news(standing.number, attempt, _gone(standing, attempt), 0.0)
    for pod in standing.pods:
        before, seen = known.get(pod.uid), sighting(standing, pod)
        if before is None:
            yield RecordAttempt(standing.number, seen)
        elif not (before.over and pod.over):
            yield from _news(standing.number, before, seen, interval)


def sighting(standing: Standing, pod: PodView) -> AttemptRecord:
    """Return what a pod shows of its attempt now; without a number, which the record has."""
    span, asked = standing.span(pod.uid), asked_to_end(pod, standing.trainer)
    code, reason = trainer_end(pod, standing.trainer)
    job = next((each for each in standing.workloads if each.uid == pod.job_uid), None)
    ours = standing.wanted is Wanted.GONE or standing.end is not None
    stopped = job is not None and job.suspended
    by_its_job = stopped or (job is not None and job.over and code is None)
    return AttemptRecord(
        attempt=0,
        pod_uid=pod.uid,
        pod=pod.name,
        job_uid=pod.job_uid,
        gpus=pod.gpus,
        held=span.held,
        ran=span.ran,
        disruption=pod.disruption if asked else "",
        deleted=asked and pod.deleting and not (pod.disruption or ours or by_its_job),
        suspended=stopped and (asked or code is None),
        exit_code=code,
        exit_reason=reason,
        over=pod.over,
    )


def _gone(standing: Standing, known: AttemptRecord) -> AttemptRecord:
    """Return what is to be known of an attempt whose pod is not seen any more.

    That alone does not prove that it is gone: it is over where another pod has followed it, or
    its Job is over or known to be gone.
    """
    job, span = standing.workload, standing.span(known.pod_uid)
    left = bool(standing.pods or standing.proof or standing.leaving or standing.pods_gone)
    if job is not None:
        left = left or job.uid != known.job_uid
        left = left or job.over or job.suspended
    stopped = job is not None and job.uid == known.job_uid and job.suspended
    suspended = stopped and known.exit_code is None
    return replace(known, held=span.held, ran=span.ran, suspended=suspended, over=left)


def _news(
    number: int, known: AttemptRecord, seen: AttemptRecord, interval: float
) -> Iterator[RecordAttempt]:
    now = joined(known, seen)
    if replace(now, held=known.held, ran=known.ran) != known:
        yield RecordAttempt(number, now)
        return
    grown = max(now.held - known.held, now.ran - known.ran)
    if grown > 0.0 and grown >= interval:
        yield RecordAttempt(number, now, decisive=False)
