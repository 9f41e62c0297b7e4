"""What is done about a trial while a queue holds its Job back: asking why, and telling it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from espalier.api.reasons import TrialReason
from espalier.planning.effects import AskWhy, Body, Effect, EmitEvent, Wake
from espalier.planning.obstacles.queue_words import NO_WORKLOAD, refuses, sentence
from espalier.planning.standing.standing import Standing
from espalier.planning.world.names import titled
from espalier.planning.world.record import Wanted
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import Snapshot
from espalier.planning.world.status_words import condition_of

if TYPE_CHECKING:
    from espalier.planning.obstacles.scene import Scene

_SOONEST = 1.0
_APART = 0.5
"""Seconds to the next question about a Job at least, and from one Job of a study to another."""


def waits_in_line(standing: Standing) -> bool:
    """Whether a queue holds a trial's Job back, on its own account."""
    job = standing.workload
    if job is None or standing.end is not None or standing.wanted is Wanted.GONE:
        return False
    return bool(job.queue) and job.suspended and not job.suspended_by_us


def ask_queue(
    snapshot: Snapshot, standing: Standing, settings: OperatorSettings, now: float
) -> tuple[Effect, ...]:
    """Ask now and then what the queue says that holds a trial's Job back.

    Often while the Job is young, and the less often the more Jobs of the study wait.
    """
    job = standing.workload
    if job is None or not waits_in_line(standing):
        return ()
    since = snapshot.asked.get(job.uid)
    ask = (AskWhy(job.kind.plural, job.name, job.uid, job.queue),)
    if since is None:
        return ask
    line = sum(bool(each.queue) and each.suspended for each in snapshot.workloads)
    young = max(_SOONEST, (now - job.created_at) / 2)
    pause = max(_APART * line, min(settings.ask_again, young))
    return ask if since >= pause else (Wake(now + pause - since),)


def eviction(standing: Standing, patch: Body) -> tuple[Effect, ...]:
    """Return an Event about a trial that has run and now says that it was taken out.

    Parameters
    ----------
    patch
        What is to be written of the Trial's status.
    """
    view, job = standing.view, standing.workload
    if view is None or job is None or standing.queue is None or not standing.record.attempt:
        return ()
    before, after = condition_of(view.status, "Started"), condition_of(patch, "Started")
    if _held(before) or not _held(after):
        return ()
    message = (
        f"Queue {job.queue} has suspended the trial's {job.kind.name}. "
        f"{sentence(standing.queue)} It runs again, as a new attempt, when the queue lets it."
    )
    return (EmitEvent("Trial", view.name, view.uid, False, standing.queue.reason, message),)


def _held(started: Mapping[str, Any] | None) -> bool:
    return started is not None and started.get("reason") == TrialReason.HELD_BY_QUEUE


def queue_refuses(scene: Scene, standing: Standing) -> str | None:
    """Tell that a queue will not let a trial's Job run however long it waits."""
    job, said = standing.workload, standing.queue
    if job is None or said is None or not waits_in_line(standing):
        return None
    lost = said.reason == NO_WORKLOAD and scene.idle(standing) > scene.settings.pod_patience
    if not (lost or refuses(said)):
        return None
    return f"{titled(standing.number)} in queue {job.queue}: {sentence(said)}"
