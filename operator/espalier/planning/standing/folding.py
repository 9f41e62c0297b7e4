"""From what is known of a trial that has ended to what a tally keeps of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from espalier.planning.standing.current_job import current_job
from espalier.planning.standing.made import news_of
from espalier.planning.standing.standing import Standing
from espalier.planning.world.ended import Ended, began_last, is_told, with_told_end
from espalier.planning.world.record import MadeTrial, TrialRecord
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


def is_settled(
    ended: Ended,
    jobs: Collection[WorkloadView],
    pods: Collection[PodView],
    made: Mapping[int, MadeTrial],
    trainer: str,
) -> bool:
    """Whether nothing is left to be done about a trial that has ended, whatever comes of others.

    Parameters
    ----------
    ended
        What a tally keeps of the trial.
    jobs, pods
        Its other objects.
    made
        What is recorded of how trials were made.
    trainer
        Name of the container that trains.
    """
    if not is_told(ended, jobs, pods, trainer):
        return False
    if ended.view is None:
        return True
    job = current_job(ended.view.name, list(jobs))
    standing = Standing(ended.number, ended.record, view=ended.view, workload=job)
    return not any(news_of(made, (standing,)))
