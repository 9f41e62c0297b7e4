"""Which of a trial's Jobs runs it now."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.planning.attempts.evidence import Attempt
from espalier.planning.world.names import job_name, job_ordinal
from espalier.planning.world.workload_view import WorkloadView


def current_job(trial: str, jobs: Sequence[WorkloadView]) -> WorkloadView | None:
    """Return the Job that runs the trial now: the first one that is not over, else the last.

    A Job is followed by another only when it is over: whatever else is called like a later one
    does not take the place of one that runs.
    """
    if len(jobs) < 2:
        return jobs[0] if jobs else None
    in_order = sorted(jobs, key=lambda job: job_ordinal(trial, job.name) or 0)
    running = [job for job in in_order if not job.over]
    return running[0] if running else in_order[-1] if in_order else None


def lost_rerun(
    trial: str, job: WorkloadView | None, jobs: Sequence[WorkloadView], attempts: Sequence[Attempt]
) -> str:
    """Return the name of the Job that followed on the present one and is not seen, or is leaving.

    The trial's fate is that Job's then: to make it again would undo its deletion.
    """
    if job is None or not job.over or not attempts:
        return ""
    ordinal = job_ordinal(trial, job.name) or 0
    for other in jobs:
        if other.deleting and (job_ordinal(trial, other.name) or 0) > ordinal:
            return other.name
    known, newest = {each.job_uid for each in attempts}, attempts[-1].job_uid
    seen = {each.uid for each in jobs}
    return job_name(trial, ordinal + 1) if job.uid in known and newest not in seen else ""
