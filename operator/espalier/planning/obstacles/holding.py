"""What holds new trials back: one cause that the next one would run into as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from espalier.api.reasons import IMAGE_PULL_FAILED, StudyReason
from espalier.planning.endings.of_study import TEMPLATE_FAULTS
from espalier.planning.obstacles.scene import asked_of, began, failing, idle
from espalier.planning.standing.standing import Standing
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.kubelet_words import CREATE, PULL
from espalier.planning.world.record import End
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import FailureKind, PodView, Snapshot
from espalier.planning.world.status_words import words
from espalier.planning.world.waiting import waits_for

_VOLUMES = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})


@dataclass(frozen=True, slots=True)
class Hold:
    """Why no trial is started now.

    Parameters
    ----------
    until
        When one trial may try; None while others try already.
    reason, message
        What the study says of it; empty where its obstacle says it already.
    """

    until: float | None
    reason: StudyReason | None = None
    message: str = ""

    def room(self, free: int, now: float) -> int:
        """Return how many of the free slots may be filled: one, to try, when it is time."""
        if self.until is None or now < self.until:
            return 0
        return min(free, 1)


def hold_of(
    snapshot: Snapshot,
    standings: Sequence[Standing],
    limit: int,
    settings: OperatorSettings,
    now: float,
) -> Hold | None:
    """Return what holds new trials back; None if nothing does.

    Parameters
    ----------
    limit
        How many trials are sampled.
    """
    if any(_blocks_all(snapshot, each, standings, settings) for each in standings):
        return Hold(None)
    full = [f for f in failing(snapshot, standings, limit) if f.kind is FailureKind.QUOTA]
    if full:
        newest = min(full, key=lambda failure: failure.ago)
        oldest = max(failure.seconds for failure in full)
        pause = min(settings.template_hold, max(settings.refusal_patience, oldest / 4))
        return Hold(now + pause - newest.ago)
    return _after_faults(standings, snapshot.blueprint.template, settings, now)


def _after_faults(
    standings: Sequence[Standing], template: int, settings: OperatorSettings, now: float
) -> Hold | None:
    """Hold back after trials that ended by the template's fault, longer after each outage."""
    faults: list[tuple[float, int, End]] = []
    ended = [(s.end.at, s.number, s.end) for s in standings if s.end is not None]
    for at, number, end in sorted(ended, reverse=True, key=lambda each: each[:2]):
        if end.reason not in TEMPLATE_FAULTS or end.generation != template:
            break
        faults.append((at, number, end))
    if not faults:
        return None
    at, number, end = faults[0]
    hold = min(settings.template_hold * len(faults), settings.max_template_hold)
    if at + hold > now + settings.max_template_hold:
        return None  # the clock was set back since then, and the operator was started again
    pulls = end.reason == IMAGE_PULL_FAILED.reason
    return Hold(
        at + hold,
        StudyReason.IMAGE_PULL_FAILING if pulls else StudyReason.TRIALS_FAILING,
        f"Trial {number}: {end.message} A changed template is tried at once, this one again after "
        f"{words(hold)}.",
    )


def _blocks_all(
    snapshot: Snapshot,
    standing: Standing,
    standings: Sequence[Standing],
    settings: OperatorSettings,
) -> bool:
    """Whether a trial's pod cannot start by a fault that none of its template got past since."""
    job, template = standing.job, snapshot.blueprint.template
    if standing.end is not None or job is None or job.template != template or job.suspended:
        return False
    if idle(snapshot.idle, standing) < settings.refusal_patience:
        return False
    pod = standing.newest
    if pod is not None and not pod.over:
        since, blocked = pod.created_at, _blocked(snapshot, standing, pod)
    else:
        since, blocked = job.created_at, pod is None and _refused(snapshot, standing)
    return blocked and not _got_past(since, standings, snapshot.blueprint)


def _blocked(snapshot: Snapshot, standing: Standing, pod: PodView) -> bool:
    if pod.deleting or waits_for(pod, PULL | CREATE) is not None:
        return not pod.deleting
    return _said(snapshot, standing) in _VOLUMES


def _refused(snapshot: Snapshot, standing: Standing) -> bool:
    return _said(snapshot, standing) == "FailedCreate"


def _said(snapshot: Snapshot, standing: Standing) -> str:
    causes = (snapshot.causes.get(uid) for _, _, uid in asked_of(standing))
    return next((each.reason for each in causes if each is not None), "")


def _got_past(since: float, standings: Sequence[Standing], blueprint: Blueprint) -> bool:
    """Whether a trainer of the same template has begun after a time."""
    for standing in standings:
        if standing.job is None or standing.job.template != blueprint.template:
            continue
        for pod in standing.pods:
            view = pod.containers.get(blueprint.trainer)
            if (
                began(pod, blueprint.trainer)
                and view is not None
                and (view.started_at or 0.0) > since
            ):
                return True
    return False
