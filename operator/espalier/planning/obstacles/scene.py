"""All that tells what is in a study's way, with the questions that are asked of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from espalier.planning.acts import CREATE
from espalier.planning.finalists.repeating import missing
from espalier.planning.obstacles.hearing import hearing_patience
from espalier.planning.obstacles.trainer_state import began, idle
from espalier.planning.standing.look import Look
from espalier.planning.standing.standing import Standing
from espalier.planning.world.names import job_ordinal, repeat_number, sampled_number
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import Cause, Failure, PodView, Snapshot

if TYPE_CHECKING:
    from espalier.planning.obstacles.study_standing import StudyStanding

_SKEW = 5.0
"""Seconds by which the clocks of the cluster's parts may differ."""
_RECENT = 100
"""Trials with the highest numbers: what those of them that have ended tell is of late."""


@dataclass(frozen=True)
class Scene:
    """A study at one moment.

    Parameters
    ----------
    look
        All that is known of the study and of its trials.
    course
        Where the study stands as a whole.
    settings
        The operator's own.
    now
        Seconds since the epoch.
    """

    look: Look
    course: StudyStanding
    settings: OperatorSettings
    now: float

    @property
    def snapshot(self) -> Snapshot:
        """All that is known of the study."""
        return self.look.snapshot

    @property
    def standings(self) -> Sequence[Standing]:
        """The trials that have not ended, or have left something behind."""
        return self.look.standings

    @property
    def trainer(self) -> str:
        """Name of the container that trains."""
        return self.snapshot.blueprint.trainer

    @cached_property
    def going(self) -> tuple[Standing, ...]:
        """The trials that have been started and have not ended, or have pods with processes."""
        return tuple(s for s in self.standings if s.live or (s.end is None and s.started))

    @cached_property
    def telling(self) -> tuple[Standing, ...]:
        """The trials whose values may tell that something is wrong: those of now and of late."""
        return (*self.look.going_on, *self.look.newest_ended(_RECENT))

    def idle(self, standing: Standing) -> float:
        """Return for how many seconds a trial has not come further."""
        return idle(self.snapshot.idle, standing)

    @property
    def study_idle(self) -> float:
        """Seconds for which nothing of the study has come further."""
        return self.snapshot.idle.get(self.snapshot.study.uid, 0.0)

    @cached_property
    def hearing_patience(self) -> float:
        """Seconds of training after which a trial's first value is missed."""
        return hearing_patience(self.look, self.settings)

    @cached_property
    def failing(self) -> tuple[Failure, ...]:
        """What has failed each time that it was tried, and is still to be done."""
        return failing(self.look, self.course.limit)

    def cause(self, standing: Standing) -> Cause | None:
        """Return what the cluster says of a trial's pod or Job since it came further last."""
        return cause(self.snapshot, standing, self.now)

    def runs(self, pod: PodView) -> bool:
        """Whether the trainer of a pod runs."""
        container = pod.containers.get(self.trainer)
        return container is not None and container.running

    def began(self, pod: PodView) -> bool:
        """Whether the trainer of a pod runs or has run."""
        return began(pod, self.trainer)


def cause(snapshot: Snapshot, standing: Standing, now: float) -> Cause | None:
    """Return what the cluster says of a trial's pod or Job since it came further last.

    Of a living pod, else of the Job; what was said before is over.
    """
    moved = standing.view is not None and standing.view.uid not in snapshot.unmoved
    since = now - idle(snapshot.idle, standing) - _SKEW if moved else -math.inf
    for uid in asked_of(standing):
        found = snapshot.causes.get(uid[2])
        if found is not None and (found.at is None or found.at >= since):
            return found
    return None


def asked_of(standing: Standing) -> tuple[tuple[str, str, str], ...]:
    """Return what the cluster may know the cause of, as plurals, names and uids."""
    pods = [("pods", pod.name, pod.uid) for pod in standing.live[-1:]]
    jobs = (
        [(standing.workload.kind.plural, standing.workload.name, standing.workload.uid)]
        if standing.workload
        else []
    )
    return (*pods, *jobs)


def failing(look: Look, limit: int) -> tuple[Failure, ...]:
    """Return what has failed each time that it was tried, and is still to be done.

    Parameters
    ----------
    limit
        How many trials are sampled.
    """
    return tuple(f for f in look.snapshot.failures if _still_due(f.act, look, limit))


def _still_due(act: str, look: Look, limit: int) -> bool:
    if not act.startswith(CREATE):
        return True
    kind, name = act.removeprefix(CREATE).split(" ", 1)
    if kind == "Trial":
        study = look.snapshot.study.name
        if (repeat := repeat_number(study, name)) is not None:
            return repeat in missing(look)
        number = sampled_number(study, name)
        new = number is not None and number < limit
        return new and not look.is_named(name)
    return any(
        standing.view is not None
        and (standing.workload is None or standing.workload.name != name)
        and job_ordinal(standing.view.name, name) is not None
        for standing in look.going_on
    )
