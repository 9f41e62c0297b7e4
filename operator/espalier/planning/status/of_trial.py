"""What a Trial's status says, made anew from what is known each time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from espalier.api.conditions import set_condition, shorten, timestamp
from espalier.api.reasons import ENDING_BY_REASON, Phase, Retry, TrialCondition, TrialReason
from espalier.api.trial import MOST_JOBS
from espalier.planning.attempts.checks import how_ended
from espalier.planning.costs.costs import trial_fields
from espalier.planning.costs.savings import Saved
from espalier.planning.costs.usage import trainer_began
from espalier.planning.endings.evidence import blocked_container
from espalier.planning.endings.of_trial import is_completing
from espalier.planning.obstacles.queue_words import sentence
from espalier.planning.standing.hearing import mismatch_words, mismatches, why_silent
from espalier.planning.standing.standing import Standing
from espalier.planning.status.parameters_line import parameters_line
from espalier.planning.status.phrase import Phrase
from espalier.planning.world.kubelet_words import PULL
from espalier.planning.world.record import Wanted
from espalier.planning.world.status_words import condition_of, finite, full_stop
from espalier.pruning.decisions.reason import Reason

if TYPE_CHECKING:
    from espalier.pruning import Decision

PROGRESS = frozenset({"step", "latest", "best", "decision", "gpuSeconds", "trialSeconds", "jobs"})
"""Fields that are not written at once: they change with each report, or can wait for a change."""


def phase_of(standing: Standing) -> Phase:
    """Return a trial's phase."""
    if standing.end is not None:
        return Phase(standing.end.state.value)
    return Phase.RUNNING if _trainer_runs(standing) else Phase.PENDING


def status_of(
    standing: Standing, now: float, saved: Saved | None = None, *, unheard: bool = False
) -> dict[str, Any]:
    """Return the status that a Trial should have; None removes a field.

    Parameters
    ----------
    unheard
        Whether its trainer runs, and a value is missed.
    """
    view, record, end = standing.view, standing.record, standing.end
    assert view is not None
    started, finished = _started(standing), _finished(standing)
    conditions = view.status.get("conditions") or []
    troubles = dict(_troubles(standing, unheard))
    phrases = {TrialCondition.STARTED: started, TrialCondition.FINISHED: finished, **troubles}
    for type_, phrase in phrases.items():
        conditions = set_condition(
            conditions, type_, phrase.status, phrase.reason, phrase.message, view.generation, now
        )
    began = view.status.get("startTime") or _time(trainer_began(standing.pods, standing.trainer))
    decision = record.prune or record.decision
    return {
        "observedGeneration": view.generation,
        "conditions": conditions,
        "phase": str(phase_of(standing)),
        "number": standing.number,
        "parameters": parameters_line(view.parameters, standing.blueprint.spec),
        "attempt": record.attempt or None,
        "jobs": _jobs(standing),
        "step": record.step,
        "latest": finite(record.latest),
        "best": finite(record.best),
        "decision": decision_status(decision, _never_pruned(standing)) if decision else None,
        "exempt": standing.exempt or None,
        "protected": standing.protected or None,
        "startTime": began,
        "completionTime": view.status.get("completionTime") or (timestamp(end.at) if end else None),
        **(trial_fields(standing, saved) if began or record.attempts else {}),
        "reason": _reason(standing, troubles.get(TrialCondition.NOTHING_HEARD), started, finished),
    }


def _troubles(standing: Standing, unheard: bool) -> Iterator[tuple[TrialCondition, Phrase]]:
    """Yield the conditions that a trial has only where something is wrong, or was."""
    view, record, spec = standing.view, standing.record, standing.blueprint.spec
    assert view is not None
    if unheard and spec is not None:
        reason, why = why_silent(standing)
        said = f"No value of {spec.objective.metric!r} has come{f': {why}' if why else ''}"
        yield TrialCondition.NOTHING_HEARD, Phrase(True, reason, full_stop(said))
    elif record.step is not None and condition_of(view.status, TrialCondition.NOTHING_HEARD):
        phrase = Phrase(False, TrialReason.VALUES_CAME, "Values come.")
        yield TrialCondition.NOTHING_HEARD, phrase
    if record.beyond is not None and spec is not None:
        said = (
            f"{spec.resource.name} {record.beyond} was reported, and spec.resource.max is "
            f"{spec.resource.max}: no more than one value beyond it is judged, as that of the last "
            "step; all are stored as they came."
        )
        yield TrialCondition.STEPS_BEYOND, Phrase(True, TrialReason.JUDGED_AS_LAST, said)
    if found := mismatches(standing):
        said = full_stop("The " + mismatch_words(found).removeprefix("its "))
        phrase = Phrase(True, TrialReason.OTHERS_USED, said)
        yield TrialCondition.PARAMETERS_NOT_USED, phrase


def _reason(standing: Standing, silence: Phrase | None, started: Phrase, finished: Phrase) -> str:
    """Return the most telling of a trial's reasons."""
    if standing.end is not None or standing.wanted is Wanted.GONE:
        return finished.reason
    if silence is not None and silence.status:
        return silence.reason
    held = started.reason == TrialReason.HELD_BY_QUEUE
    return started.reason if held or finished.reason == TrialReason.IN_PROGRESS else finished.reason


def _jobs(standing: Standing) -> list[str] | None:
    """Return the uids of the Jobs that were made for the trial, the newest last."""
    assert standing.view is not None
    known: list[str] | None = standing.view.status.get("jobs")
    job = standing.workload
    if job is None or job.uid in ("", *(known or ())):
        return known
    return [*(known or ()), job.uid][-MOST_JOBS:]


def _never_pruned(standing: Standing) -> str:
    """Say why the trial is never pruned; empty where it may be."""
    if standing.exempt:
        return "It is exempt, so never pruned: it shows how often pruning is wrong."
    if standing.protected:
        return "It is protected, so never pruned."
    return ""


def decision_status(decision: Decision, never_pruned: str = "") -> dict[str, Any]:
    """Return a decision as a Trial's status holds it.

    Parameters
    ----------
    never_pruned
        Why the trial is never pruned, whatever it does; empty where it may be.
    """
    told = decision.prunes or decision.reason in (Reason.EXEMPT, Reason.PROTECTED)
    said = (
        decision.sentence() if told or not never_pruned else f"{decision.sentence()} {never_pruned}"
    )
    evidence = {key: _plain(value) for key, value in list(decision.evidence.items())[:32]}
    return {
        "action": str(decision.action),
        "reason": str(decision.reason),
        "message": shorten(said),
        "step": decision.step,
        "rung": decision.rung,
        "bracket": decision.bracket,
        "pruner": decision.pruner,
        "evidence": evidence,
    }


def _plain(value: float | int | str) -> float | int | str:
    """Return a number as JSON can hold it: NaN and infinities become words."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _time(at: float | None) -> str | None:
    return None if at is None else timestamp(at)


def _trainer_runs(standing: Standing) -> bool:
    """Whether the trainer of the newest pod runs, or has run to its end just now."""
    pod, job = standing.newest, standing.workload
    if pod is None:
        return False
    if pod.over and not (job and job.succeeded) and not is_completing(standing):
        return False
    return trainer_began([pod], standing.trainer) is not None


def _started(standing: Standing) -> Phrase:
    pod, job = standing.newest, standing.workload
    if standing.end is not None:
        return _has_run(standing)
    if _trainer_runs(standing):
        assert pod is not None
        done = standing.last is not None
        said = f"The trainer {'has run' if done else 'runs'} in pod {pod.name}."
        return Phrase(True, TrialReason.TRAINER_RUNNING, said)
    if job is None:
        return Phrase(False, TrialReason.QUEUED, "The trial waits for a free slot.")
    if job.suspended:
        queued = bool(job.queue) and not job.suspended_by_us
        reason = TrialReason.HELD_BY_QUEUE if queued else TrialReason.JOB_CREATED
        return Phrase(False, reason, f"The trial waits: {_held_by(standing)}")
    if pod is None or pod.over:
        return Phrase(False, TrialReason.JOB_CREATED, f"{job.title} is to make a pod.")
    if pod.unschedulable:
        return Phrase(False, TrialReason.UNSCHEDULABLE, pod.unschedulable)
    if (blocked := blocked_container(pod)) is not None:
        image = blocked.waiting_reason in PULL
        reason = TrialReason.IMAGE_PULLING if image else TrialReason.START_FAILING
        said = f"Container {blocked.name}: {blocked.waiting_reason}: {blocked.waiting_message}"
        return Phrase(False, reason, said)
    return Phrase(False, TrialReason.STARTING, f"Pod {pod.name} is being started.")


def _has_run(standing: Standing) -> Phrase:
    """Tell of a trial that has ended whether its trainer ever ran: not whether it had a pod."""
    view, record, end = standing.view, standing.record, standing.end
    assert view is not None
    assert end is not None
    recorded = any(attempt.ran > 0.0 for attempt in record.attempts)
    seen = (
        view.status.get("startTime") or trainer_began(standing.pods, standing.trainer) is not None
    )
    if seen or recorded or record.step is not None:
        return Phrase(True, TrialReason.TRAINER_RUNNING, "The trainer has run.")
    said = f"The trial ended before its trainer was started: {end.reason}."
    return Phrase(False, TrialReason.NEVER_STARTED, said)


def _held_by(standing: Standing) -> str:
    """Return who suspended a trial's Job, and why."""
    job, said = standing.workload, standing.queue
    assert job is not None
    if job.suspended_by_us:
        return "the Study is suspended."
    if not job.queue:
        return f"somebody suspended its {job.kind.name}."
    if said is None:
        return f"queue {job.queue} holds the {job.kind.name} back."
    return f"queue {job.queue} holds the {job.kind.name} back. {sentence(said)}"


def _finished(standing: Standing) -> Phrase:
    end, record = standing.end, standing.record
    if end is not None:
        known = end.reason if end.reason in ENDING_BY_REASON else "StudyEnded"
        return Phrase(True, known, end.message)
    if record.prune is not None:
        return Phrase(False, TrialReason.STOPPING, record.prune.sentence())
    last = standing.last
    if is_completing(standing):
        kind = standing.workload.kind.name if standing.workload is not None else "workload"
        completed = f"its {kind} is being completed"
        rest = completed if last and last.over else "its last values are awaited"
        return Phrase(False, TrialReason.IN_PROGRESS, f"The trainer has ended; {rest}.")
    gone = next((each for each in reversed(standing.attempts) if each.ended or each.asked), None)
    if gone is None:
        return Phrase(False, TrialReason.IN_PROGRESS, "The trial has not ended.")
    how = how_ended(gone)
    word, said = how.ending.reason, how.words(gone)
    used_up = how.ending.retry is Retry.COUNTED and standing.own_failures > standing.retries
    if gone is last and (used_up or how.ending.retry is Retry.NEVER):
        return Phrase(False, TrialReason.IN_PROGRESS, f"The trainer has ended ({word}): {said}")
    what = "An attempt has ended" if gone.ended else "An attempt is being ended"
    return Phrase(False, TrialReason.RETRYING, f"{what} ({word}): {said}")
