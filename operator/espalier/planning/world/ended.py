"""A trial that has ended, and whether anything is left to be done about it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from espalier.planning.world.record import End, TrialRecord, Wanted
from espalier.planning.world.snapshot import PodView, TrialView
from espalier.planning.world.status_words import condition_of
from espalier.planning.world.told_end import told_by_status
from espalier.planning.world.workload_view import WorkloadView


@dataclass(frozen=True, slots=True)
class Ended:
    """What is kept of a trial that has ended.

    Parameters
    ----------
    record
        What is stored of it, with its end.
    view
        The Trial object; None once it is deleted.
    template
        `fingerprint` of the template that its workload has, 0 where none is there.
    trained_at
        When a trainer in one of its pods began last, in seconds since the epoch; negative infinity
        where none that is there has begun.
    """

    record: TrialRecord
    view: TrialView | None = None
    template: int = 0
    trained_at: float = -math.inf

    @property
    def number(self) -> int:
        """The trial's number in its study."""
        return self.record.number

    @property
    def end(self) -> End:
        """How it ended."""
        assert self.record.end is not None
        return self.record.end


def with_told_end(record: TrialRecord, view: TrialView | None) -> TrialRecord:
    """Return a trial's record, with the end that its status tells should the store have lost it."""
    if record.end is None and view is not None and (end := told_by_status(view)):
        return replace(record, end=end)
    return record


def began_last(pods: Iterable[PodView], trainer: str) -> float:
    """Return when a trainer in one of these pods began last; negative infinity if none has."""
    found = -math.inf
    for pod in pods:
        container = pod.containers.get(trainer)
        if container is not None and (container.running or container.exit_code is not None):
            found = max(found, container.started_at or 0.0)
    return found


def is_told(
    ended: Ended, jobs: Collection[WorkloadView], pods: Iterable[PodView], trainer: str
) -> bool:
    """Whether a trial that has ended says so, and has left nothing that is to be looked at.

    What its status still lacks of what its pods and workloads show is to be written first.
    """
    pods = tuple(pods)
    if any(not pod.over for pod in pods):
        return False
    if any(job.deleting or not job.over or (job.queue and job.suspended) for job in jobs):
        return False
    if jobs and ended.record.wanted is Wanted.GONE:
        return False
    view = ended.view
    if view is None:
        return True
    status = view.status
    started = bool(status.get("startTime")) or began_last(pods, trainer) == -math.inf
    known = set(status.get("jobs") or ())
    listed = all(job.uid in known for job in jobs)
    return says_end(view, ended.end) and view.adopted and started and listed


def says_end(view: TrialView, end: End) -> bool:
    """Whether a Trial's status says how and when it ended."""
    said = condition_of(view.status, "Finished") or {}
    told = said.get("status") == "True" and said.get("reason") == end.reason
    return told and bool(view.status.get("completionTime"))
