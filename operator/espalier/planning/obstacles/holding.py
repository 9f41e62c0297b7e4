"""What holds new trials back: one cause that the next one would run into as well."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from espalier.api.reasons import IMAGE_PULL_FAILED, StudyReason
from espalier.planning.obstacles.scene import asked_of, failing
from espalier.planning.obstacles.trainer_state import idle
from espalier.planning.standing.look import Look
from espalier.planning.standing.standing import Standing
from espalier.planning.world.ended import Ended, began_last
from espalier.planning.world.faults import TEMPLATE_FAULTS
from espalier.planning.world.kubelet_words import CREATE, PULL
from espalier.planning.world.names import titled
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


def hold_of(look: Look, limit: int, settings: OperatorSettings, now: float) -> Hold | None:
    """Return what holds new trials back; None if nothing does.

    Parameters
    ----------
    limit
        How many trials are sampled.
    """
    if _is_blocked(look, settings):
        return Hold(None)
    full = [f for f in failing(look, limit) if f.kind is FailureKind.QUOTA]
    if full:
        newest = min(full, key=lambda failure: failure.ago)
        oldest = max(failure.seconds for failure in full)
        pause = min(settings.template_hold, max(settings.refusal_patience, oldest / 4))
        return Hold(now + pause - newest.ago)
    return _after_faults(look, settings, now)


def _after_faults(look: Look, settings: OperatorSettings, now: float) -> Hold | None:
    """Hold back after trials that ended by the template's fault, longer after each outage."""
    template = look.blueprint.template
    faults = list(takewhile(lambda ended: _is_fault(ended, template), look.tally.newest_first()))
    if not faults:
        return None
    number, end = faults[0].number, faults[0].end
    hold = min(settings.template_hold * len(faults), settings.max_template_hold)
    if end.at + hold > now + settings.max_template_hold:
        return None  # the clock was set back since then, and the operator was started again
    pulls = end.reason == IMAGE_PULL_FAILED.reason
    return Hold(
        end.at + hold,
        StudyReason.IMAGE_PULL_FAILING if pulls else StudyReason.TRIALS_FAILING,
        f"{titled(number)}: {end.message} A changed template is tried at once, this one again "
        f"after {words(hold)}.",
    )


def _is_fault(ended: Ended, template: int) -> bool:
    return ended.end.reason in TEMPLATE_FAULTS and ended.end.template == template


def _is_blocked(look: Look, settings: OperatorSettings) -> bool:
    """Whether a trial's pod cannot start by a fault that none of its template got past since."""
    since = [
        at for each in look.going_on if (at := _blocked_since(look, each, settings)) is not None
    ]
    if not since:
        return False
    template = look.blueprint.template
    began = (
        began_last(standing.pods, look.blueprint.trainer)
        for standing in look.going_on
        if standing.workload is not None and standing.workload.template == template
    )
    return max(since) >= max(look.tally.trained_at(template), *began)


def _blocked_since(look: Look, standing: Standing, settings: OperatorSettings) -> float | None:
    """Return when the pod was made of a trial that cannot start, or its Job; None if it can."""
    snapshot, job = look.snapshot, standing.workload
    if job is None or job.template != look.blueprint.template or job.suspended:
        return None
    if idle(snapshot.idle, standing) < settings.refusal_patience:
        return None
    pod = standing.newest
    if pod is not None and not pod.over:
        return pod.created_at if _blocked(snapshot, standing, pod) else None
    return job.created_at if pod is None and _refused(snapshot, standing) else None


def _blocked(snapshot: Snapshot, standing: Standing, pod: PodView) -> bool:
    if pod.deleting or waits_for(pod, PULL | CREATE) is not None:
        return not pod.deleting
    return _said(snapshot, standing) in _VOLUMES


def _refused(snapshot: Snapshot, standing: Standing) -> bool:
    return _said(snapshot, standing) == "FailedCreate"


def _said(snapshot: Snapshot, standing: Standing) -> str:
    causes = (snapshot.causes.get(uid) for _, _, uid in asked_of(standing))
    return next((each.reason for each in causes if each is not None), "")
