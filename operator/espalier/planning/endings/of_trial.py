"""Why a trial has ended, or is to be ended: the ordered checks, gone through.

No field of a pod tells a pruned trial from a killed one, and an evicted trainer that exits 0 looks
like one that completed: so a decision row comes before anything that a pod shows, and what was
recorded when it was seen before what a Job says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espalier.api import reasons
from espalier.api.reasons import Ending, Retry
from espalier.planning.attempts.checks import how_ended
from espalier.planning.endings.checks import ENDING_CHECKS, Follows
from espalier.planning.endings.evidence import Evidence, evidence_of
from espalier.planning.ordered_checks import first
from espalier.planning.standing.hearing import why_silent
from espalier.planning.standing.standing import Standing
from espalier.planning.world.record import Wanted
from espalier.planning.world.settings import OperatorSettings

if TYPE_CHECKING:
    from espalier.api import StudySpec


@dataclass(frozen=True, slots=True)
class EndingVerdict:
    """An ending with the words for this trial."""

    ending: Ending
    message: str


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing yet, but something will be at this time if nothing changes."""

    at: float


@dataclass(frozen=True, slots=True)
class Again:
    """An attempt has ended and another is to follow.

    Parameters
    ----------
    message
        How it ended.
    lingers
        Whether its pod runs on without its trainer, so that no other is made.
    """

    ending: Ending
    message: str
    lingers: bool = False


@dataclass(frozen=True, slots=True)
class Completing:
    """The trainer has come to its end, and only last values or the Job's own word are missing."""

    until: Later | None = None


def judge_ending(
    standing: Standing, settings: OperatorSettings, now: float
) -> EndingVerdict | Later | Again | Completing | None:
    """Tell how a trial that has no recorded ending ends; None while it goes on.

    Its undelivered values have been stored before: they may be what pruned it.
    """
    evidence = evidence_of(standing, settings)
    check = first(ENDING_CHECKS, evidence)
    if check is None or check.ending is None:
        completing = check is not None and is_completing(standing)
        return Completing(_later(evidence, now)) if completing else _later(evidence, now)
    if isinstance(check.ending, Ending):
        ending, message = check.ending, check.words(evidence)
    else:
        attempt = evidence.failure if check.ending is Follows.FAILURE else evidence.last
        assert attempt is not None
        found = how_ended(attempt)
        ending, message = found.ending, found.words(attempt)
    if _follows_another(ending, evidence):
        return Again(ending, message, evidence.lingers is not None)
    return EndingVerdict(ending, _final(ending, message, evidence, standing))


def is_completing(standing: Standing) -> bool:
    """Whether the trainer has come to its end, and the Job does not say so yet."""
    last = standing.last
    if standing.wanted is Wanted.GONE or standing.workload_over or last is None:
        return False
    return how_ended(last).ending in (reasons.COMPLETED, reasons.NO_METRIC)


def _follows_another(ending: Ending, evidence: Evidence) -> bool:
    """Tell whether another attempt follows one that ended so."""
    if ending.retry is Retry.COUNTED:
        return evidence.own_failures <= evidence.retries
    if ending.retry is Retry.FREE:
        endless = ending is reasons.SUSPENDED
        return endless or evidence.disruptions <= evidence.most_disruptions
    return False


def _later(evidence: Evidence, now: float) -> Later | None:
    """Return when a check will hold that does not yet."""
    waits = [
        evidence.patience - evidence.blocked_for if evidence.blocked is not None else math.inf,
        evidence.limit - evidence.ran
        if evidence.limit is not None and evidence.ran is not None
        else math.inf,
        evidence.grace - evidence.lingers if evidence.lingers is not None else math.inf,
    ]
    soonest = min(waits)
    return Later(now + soonest) if 0.0 < soonest < math.inf else None


def _final(ending: Ending, message: str, evidence: Evidence, standing: Standing) -> str:
    """Word the message of an ending after which nothing follows."""
    spec = standing.blueprint.spec
    assert spec is not None
    if ending is reasons.COMPLETED:
        return f"{message}; {_best_of(standing, spec)}."
    if ending is reasons.NO_METRIC:
        return f"{message}, but {_what_came(standing, spec)}."
    if ending.retry is Retry.COUNTED and evidence.retries:
        return f"{message} (spec.trials.retries is {evidence.retries}: used up)"
    if ending.retry is Retry.FREE:
        return (
            f"Disrupted {evidence.disruptions} times, more often than {evidence.most_disruptions}, "
            f"so that it is given up; the last time: {message}"
        )
    return message


def _what_came(standing: Standing, spec: StudySpec) -> str:
    """Word what came of a trial without one value that could be judged."""
    record, metric, last = standing.record, spec.objective.metric, spec.resource.max
    if record.step is not None:
        return f"no finite value of {metric!r} came: all of them had diverged"
    if record.beyond is not None:
        return (
            f"its values of {metric!r} came for steps up to {record.beyond}, and "
            f"spec.resource.max is {last}: none beyond it is judged. Set spec.resource.max in a "
            "new Study to the last step that the trainer reports, or report what it counts"
        )
    _, why = why_silent(standing)
    heard = f": {why}" if why else ""
    return (
        f"no finite value of {metric!r} came{heard}; report it (docs/how-to/report-values.md), or "
        "correct spec.objective.metric or spec.collector in a new Study"
    )


def _best_of(standing: Standing, spec: StudySpec) -> str:
    best, step = standing.record.best, standing.record.best_step
    if best is None:
        return f"no finite {spec.objective.metric}"
    return f"best {spec.objective.metric} {best:.6g} at {spec.resource.name} {step}"
