"""From what is known of a trial that has ended to what a tally keeps of it."""

from __future__ import annotations

from collections.abc import Collection

from espalier.planning.standing.current_job import current_job
from espalier.planning.world.ended import Ended, began_last, with_told_end
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.snapshot import PodView, TrialView
from espalier.planning.world.workload_view import WorkloadView


def ended_from(
    name: str,
    record: TrialRecord,
    view: TrialView | None,
    jobs: Collection[WorkloadView],
    pods: Collection[PodView],
    trainer: str,
) -> Ended | None:
    """Return what a tally keeps of a trial; None while it has not ended.

    Parameters
    ----------
    name
        The Trial's name, also where its object is gone.
    record
        What is stored of it.
    view, jobs, pods
        Its objects.
    trainer
        Name of the container that trains.
    """
    record = with_told_end(record, view)
    if record.end is None:
        return None
    job = current_job(name, [job for job in jobs if not job.deleting])
    template = job.template if job is not None else 0
    return Ended(record, view, template, began_last(pods, trainer))
