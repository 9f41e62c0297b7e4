"""What a Study's status says; its size does not depend on the number of trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from espalier.api.conditions import set_condition, timestamp
from espalier.api.reasons import (
    IMAGE_PULL_FAILED,
    NO_METRIC,
    Phase,
    StudyCondition,
    StudyReason,
)
from espalier.api.study_status import pruning_status
from espalier.planning import usage
from espalier.planning.costs import Costs, study_fields
from espalier.planning.names import STUDY_UID_LABEL
from espalier.planning.outcome import TEMPLATE_FAULTS, Outcome, newest_end
from espalier.planning.settings import Settings
from espalier.planning.snapshot import Snapshot
from espalier.planning.standing import Standing
from espalier.planning.status_words import finite, words
from espalier.planning.trial_status import phase_of
from espalier.pruning import JudgeSummary, TrialState

PROGRESS = frozenset({"gpuSeconds", "trialSeconds", "steps", "pruning"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A condition's status (None: unknown), reason and message."""

    status: bool | None
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Course:
    """What the plan has found out about the study before its status is written.

    Parameters
    ----------
    accepted
        Whether the spec and its template can be carried out; None while that is being asked.
    refusal
        Why not, and whether the API server said so.
    outcome
        How the study ends, None while it goes on.
    over
        Whether all its trials have ended and no pod of it is left running.
    held_until
        Until when no trial is started because the template has a fault.
    """

    accepted: bool | None
    refusal: str = ""
    by_server: bool = False
    outcome: Outcome | None = None
    over: bool = False
    held_until: float | None = None
    limit: int = 0


def status_of(
    snapshot: Snapshot,
    standings: Sequence[Standing],
    course: Course,
    costs: Costs,
    trainer: str,
    settings: Settings,
    now: float,
) -> dict[str, Any]:
    """Return the status that the Study should have; None removes a field."""
    study = snapshot.study
    phrases = {
        StudyCondition.ACCEPTED: _accepted(course),
        StudyCondition.PROGRESSING: _progressing(snapshot, standings, course, settings),
        StudyCondition.SUCCEEDED: _succeeded(course),
        StudyCondition.DEGRADED: _degraded(snapshot, standings, course, trainer, settings, now),
    }
    conditions = study.status.get("conditions") or []
    for type_, phrase in phrases.items():
        conditions = set_condition(
            conditions, type_, phrase.status, phrase.reason, phrase.message, study.generation, now
        )
    phases = Counter(phase_of(standing, trainer) for standing in standings)
    over = bool(course.outcome and course.over)
    return {
        "observedGeneration": study.generation,
        "conditions": conditions,
        "active": sum(standing.holds_slot for standing in standings),
        "selector": f"{STUDY_UID_LABEL}={study.uid}",
        "counts": {str(phase).lower(): phases[phase] for phase in Phase},
        "best": _best(snapshot, standings),
        **study_fields(costs),
        "pruning": _pruning(snapshot.record.summary),
        "state": _state(course, phrases[StudyCondition.PROGRESSING]),
        "startTime": study.status.get("startTime") or (timestamp(now) if course.accepted else None),
        "completionTime": (study.status.get("completionTime") or timestamp(now)) if over else None,
    }


def _accepted(course: Course) -> Phrase:
    if course.accepted:
        return Phrase(True, StudyReason.SPEC_ACCEPTED, "The spec can be carried out.")
    if course.accepted is None:
        return Phrase(None, StudyReason.SPEC_ACCEPTED, "The template is being checked.")
    reason = StudyReason.TEMPLATE_REFUSED if course.by_server else StudyReason.SPEC_REFUSED
    return Phrase(False, reason, course.refusal)


def _progressing(
    snapshot: Snapshot, standings: Sequence[Standing], course: Course, settings: Settings
) -> Phrase:
    spec = snapshot.study.spec
    if spec is None or not course.accepted:
        return Phrase(False, StudyReason.NOT_ACCEPTED, "Nothing starts until it is accepted.")
    if course.outcome and course.over:
        return Phrase(False, StudyReason.ENDED, "The study is over.")
    if spec.suspend:
        return Phrase(False, StudyReason.SUSPENDED, "spec.suspend is true: no trial runs.")
    ended = sum(standing.end is not None for standing in standings)
    if spec.trials.parallelism == 0:
        return Phrase(
            False,
            StudyReason.SCALED_TO_ZERO,
            "spec.trials.parallelism is 0: no trial starts; set it, or use kubectl scale.",
        )
    if course.outcome:
        return Phrase(True, StudyReason.RUNNING, f"Ending: {course.outcome.message}")
    said = f"{ended} of {max(course.limit, ended)} trials ended."
    if spec.trials.parallelism > settings.max_parallelism:
        said += (
            f" spec.trials.parallelism is {spec.trials.parallelism}, and the operator runs at most "
            f"{settings.max_parallelism} trials of a study at once (its --max-parallelism)."
        )
    return Phrase(True, StudyReason.RUNNING, said)


def _succeeded(course: Course) -> Phrase:
    if course.outcome and course.over:
        return Phrase(course.outcome.succeeded, course.outcome.reason, course.outcome.message)
    return Phrase(None, StudyReason.IN_PROGRESS, "The study has not ended.")


def _state(course: Course, progressing: Phrase) -> str:
    if course.outcome and course.over:
        return "Succeeded" if course.outcome.succeeded else "Failed"
    return str(progressing.reason)


def _degraded(
    snapshot: Snapshot,
    standings: Sequence[Standing],
    course: Course,
    trainer: str,
    settings: Settings,
    now: float,
) -> Phrase:
    newest = newest_end(standings)
    if course.held_until is not None and newest is not None:
        reason = (
            StudyReason.IMAGE_PULL_FAILING
            if newest[1].reason == IMAGE_PULL_FAILED.reason
            else StudyReason.TRIALS_FAILING
        )
        later = words(max(0.0, course.held_until - newest[1].at))
        return Phrase(
            True,
            reason,
            f"Trial {newest[0].number}: {newest[1].message} A changed template is tried at once, "
            f"this one again after {later}.",
        )
    if newest is not None and newest[1].reason == NO_METRIC.reason:
        return Phrase(True, StudyReason.NO_METRIC_YET, newest[1].message)
    if newest is not None and newest[1].state is TrialState.FAILED and _own(newest[1].reason):
        message = f"Trial {newest[0].number}: {newest[1].reason}: {newest[1].message}"
        return Phrase(True, StudyReason.TRIALS_FAILING, message)
    return _degraded_pods(snapshot, standings, trainer, settings, now)


def _degraded_pods(
    snapshot: Snapshot,
    standings: Sequence[Standing],
    trainer: str,
    settings: Settings,
    now: float,
) -> Phrase:
    spec = snapshot.study.spec
    for standing in standings:
        pod = standing.newest
        if standing.end is not None or pod is None or pod.over:
            continue
        if pod.unschedulable and now - pod.created_at > settings.pod_patience:
            return Phrase(
                True,
                StudyReason.UNSCHEDULABLE,
                f"Trial {standing.number} waits for a node: {pod.unschedulable}",
            )
        began = usage.trainer_began([pod], trainer)
        silent = standing.record.step is None and began is not None
        if silent and spec and began is not None and now - began > settings.metric_patience:
            return Phrase(
                True,
                StudyReason.NO_METRIC_YET,
                f"Trial {standing.number} runs for {words(now - began)} and no value of "
                f"{spec.objective.metric!r} came; does the trainer report under that name?",
            )
    for standing in standings:
        job = standing.job
        if job is None or standing.pods or standing.end or job.suspended or job.complete:
            continue
        if now - job.created_at > settings.pod_patience:
            return Phrase(
                True,
                StudyReason.QUOTA_EXCEEDED,
                f"Job {job.name} has made no pod; kubectl describe job {job.name} tells why "
                "(a quota, or the namespace's Pod Security level).",
            )
    summary = snapshot.record.summary
    if summary is not None and summary.breaker_open:
        return Phrase(
            True, StudyReason.PRUNING_PAUSED, "Too many trials were pruned at once; pruning pauses."
        )
    return Phrase(False, StudyReason.AS_EXPECTED, "Nothing is in the way.")


def _own(reason: str) -> bool:
    return reason in TEMPLATE_FAULTS or reason in {
        "TrainerFailed",
        "OutOfMemory",
        "TimeLimitExceeded",
        "ParametersRefused",
    }


def _best(snapshot: Snapshot, standings: Sequence[Standing]) -> Mapping[str, Any] | None:
    number = snapshot.record.best
    if number is None:
        return None
    record = snapshot.record.trial(number)
    view = next((s.view for s in standings if s.number == number and s.view), None)
    kept = snapshot.study.status.get("best") or {}
    same = kept.get("number") == number
    return {
        "number": number,
        "trial": view.name if view else kept.get("trial") if same else f"(deleted) {number}",
        "value": finite(record.latest),
        "step": record.step,
        "parameters": dict(view.parameters) if view else kept.get("parameters") if same else {},
    }


def _pruning(summary: JudgeSummary | None) -> dict[str, Any] | None:
    return None if summary is None else pruning_status(summary)
