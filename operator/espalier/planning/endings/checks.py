"""Whether and how a trial has ended: an ordered list of one-clause checks."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from espalier.api import reasons
from espalier.api.reasons import Ending, Retry
from espalier.planning.attempts.checks import how_ended
from espalier.planning.endings.evidence import Evidence
from espalier.planning.ordered_checks import Check
from espalier.planning.world.kubelet_words import PULL
from espalier.planning.world.names import SIDECAR
from espalier.planning.world.status_words import words


class Follows(Enum):
    """Where a trial's ending is that of one of its attempts."""

    LAST = "as its last attempt"
    FAILURE = "as its last failure"


EndingCheck: TypeAlias = Check[Evidence, Ending | Follows | None]


def _retry(e: Evidence) -> Retry | None:
    return how_ended(e.last).ending.retry if e.last is not None else None


def _completed(e: Evidence) -> bool:
    return e.last is not None and how_ended(e.last).ending is reasons.COMPLETED


def _gone(e: Evidence) -> bool:
    return not e.has_job


def _seen_deleted(e: Evidence) -> bool:
    newest = e.newest is not None and e.newest.deleted
    return bool(e.leaving) or e.cut_short or newest


def _own_end(e: Evidence) -> bool:
    """Whether the last attempt's ending ends the trial, whatever its Job would say."""
    retry = _retry(e)
    return retry is Retry.NEVER or (retry is Retry.COUNTED and e.own_failures > e.retries)


def _job_decides(e: Evidence) -> bool:
    """Whether the Job is about to do what the pod's end calls for."""
    if e.last is None or not e.last.over or e.workload_over:
        return False
    if _retry(e) is not Retry.NEVER:
        return True
    done = how_ended(e.last).ending in (reasons.COMPLETED, reasons.NO_METRIC)
    return done and e.last.succeeded and not e.suspended


def _given_up(e: Evidence) -> bool:
    if e.last is None or e.disruptions <= e.most_disruptions:
        return False
    ending = how_ended(e.last).ending
    return ending.retry is Retry.FREE and ending is not reasons.SUSPENDED


def _cannot_start(e: Evidence) -> bool:
    waited = e.blocked_for >= e.patience or e.old_template
    return e.blocked is not None and waited


def _unpullable(e: Evidence) -> bool:
    return e.blocked is not None and e.blocked.waiting_reason in PULL


def _invalid_image(e: Evidence) -> bool:
    return e.blocked is not None and e.blocked.waiting_reason == "InvalidImageName"


def _nothing(_: Evidence) -> str:
    return ""


def _trial_deleted_words(e: Evidence) -> str:
    return f"Someone deleted the Trial{f': {e.trial_proof}' if e.trial_proof else ''}."


def _job_deleted_words(e: Evidence) -> str:
    how = f"{e.kind} {e.leaving} is being deleted" if e.leaving else e.proof
    return (
        f"The trial's {e.kind} was deleted before its trainer had ended"
        f"{f': {how}' if how else ''}. Create a Trial with the same parameters to run it."
    )


def _job_gone_words(e: Evidence) -> str:
    return (
        f"The trial's {e.kind} was deleted, by somebody or by a clean-up of finished {e.kind}s, "
        f"and nobody saw how its trainer ended{f': {e.proof}' if e.proof else ''}. Create a Trial "
        "with the same parameters to run it."
    )


def _after_last_step_words(e: Evidence) -> str:
    gone = f" ({e.proof})" if e.proof else ""
    return f"The {e.kind} is gone, as finished ones go by their TTL{gone}, after the last step"


_MADE_UP_FOR = "its pod was of an earlier spec.template; another trial makes up for it."


def _image_words(e: Evidence) -> str:
    assert e.blocked is not None
    where = (
        "the operator's --sidecar-image"
        if e.blocked.name == SIDECAR
        else f"the image of container {e.blocked.name} in spec.template"
    )
    if e.old_template:
        return f"{_blocked_words(e)}; {_MADE_UP_FOR}"
    return f"{_blocked_words(e)}; correct {where}, its imagePullPolicy or imagePullSecrets."


def _refused_words(e: Evidence) -> str:
    assert e.blocked is not None
    if e.old_template:
        return f"Container {e.blocked.name}: {_blocked_words(e)}; {_MADE_UP_FOR}"
    return (
        f"Container {e.blocked.name}: {_blocked_words(e)}; correct what spec.template refers to, "
        "or raise spec.trials.startPatienceSeconds."
    )


def _blocked_words(e: Evidence) -> str:
    assert e.blocked is not None
    long = f" (for {words(e.blocked_for)})" if e.blocked_for >= 1 else ""
    return f"{e.blocked.waiting_reason}: {e.blocked.waiting_message}{long}"


def _limit_words(e: Evidence) -> str:
    limit = words(e.limit or 0.0)
    return f"The trainer ran longer than spec.trials.timeLimitSeconds ({limit})."


def _check(
    name: str,
    sentence: str,
    holds: Callable[[Evidence], bool],
    ending: Ending | Follows | None,
    said: Callable[[Evidence], str] = _nothing,
) -> EndingCheck:
    return Check(name, sentence, holds, ending, said)


ENDING_CHECKS: tuple[EndingCheck, ...] = (
    _check(
        "Pruned",
        "A decision prunes it, and its Job and pods are gone.",
        lambda e: bool(e.pruning) and not e.remains,
        reasons.PRUNED,
        lambda e: e.pruning,
    ),
    _check(
        "BeingPruned",
        "A decision prunes it, and something of it is left.",
        lambda e: bool(e.pruning),
        None,
    ),
    _check(
        "TrialDeleted",
        "The Trial is deleted.",
        lambda e: e.trial_gone,
        reasons.DELETED_BY_USER,
        _trial_deleted_words,
    ),
    _check("Waiting", "It never had a Job.", lambda e: e.waiting, None),
    _check(
        "JobSought",
        "Its Job is not seen, and nothing says that it is gone: it is asked for.",
        lambda e: e.job_sought,
        None,
    ),
    _check(
        "JobGoneAfterItsEnd",
        "Its Job is gone, and its last attempt had come to an end that is final.",
        lambda e: _gone(e) and _own_end(e),
        Follows.LAST,
    ),
    _check(
        "JobGoneAfterTheLastStep",
        "Its Job is gone, and the last step had been reported.",
        lambda e: _gone(e) and e.reached_end,
        reasons.COMPLETED,
        _after_last_step_words,
    ),
    _check(
        "JobDeleted",
        "Its Job is gone, and was seen to be deleted before the trainer had ended.",
        lambda e: _gone(e) and _seen_deleted(e),
        reasons.DELETED_BY_USER,
        _job_deleted_words,
    ),
    _check(
        "JobGone",
        "Its Job is gone, and nobody saw how its trainer ended.",
        _gone,
        reasons.JOB_GONE,
        _job_gone_words,
    ),
    _check(
        "JobDeadline",
        "Its Job has failed by a deadline that something but Espalier gave it.",
        lambda e: bool(e.job_deadline) and not _completed(e),
        reasons.TIME_LIMIT_EXCEEDED,
        lambda e: (
            f"The {e.kind} was ended for its own activeDeadlineSeconds ({e.job_deadline}), which "
            "an admission policy or a queue has set; have it left out, and set "
            "spec.trials.timeLimitSeconds."
        ),
    ),
    _check(
        "RetriesUsedUp",
        "More attempts have failed than spec.trials.retries makes up for.",
        lambda e: e.own_failures > e.retries and _retry(e) is not Retry.COUNTED,
        Follows.FAILURE,
    ),
    _check(
        "GivenUp",
        "Its last attempt was disrupted, after too many that were disrupted too.",
        _given_up,
        Follows.LAST,
    ),
    _check(
        "LastValuesAwaited",
        "Its trainer has ended a moment ago, and other containers of the pod run on.",
        lambda e: e.lingers is not None and e.lingers < e.grace,
        None,
    ),
    _check(
        "JobDecides",
        "Its pod has ended, and the Job is about to be complete, to fail or to make another pod.",
        _job_decides,
        None,
    ),
    _check(
        "AttemptEnded",
        "Its last attempt has ended.",
        lambda e: e.last is not None,
        Follows.LAST,
    ),
    _check(
        "CompleteAfterTheLastStep",
        "Its Job is complete, and the last step was reported.",
        lambda e: e.complete and e.reached_end,
        reasons.COMPLETED,
        lambda e: f"The {e.kind} is complete after the last step",
    ),
    _check(
        "PodsSought",
        "Its Job is over, and the pod that would tell more is not seen: it is asked for.",
        lambda e: e.workload_over and not e.pods_gone,
        None,
    ),
    _check(
        "EndNotSeen",
        "Its Job is over, and nobody saw how its trainer ended.",
        lambda e: e.workload_over,
        reasons.END_NOT_SEEN,
        lambda e: (
            f"The {e.kind} is over, and its pods went away before anybody saw how they ended."
        ),
    ),
    _check(
        "ImageNameInvalid",
        "An image has a name that no registry could know.",
        _invalid_image,
        reasons.IMAGE_PULL_FAILED,
        _image_words,
    ),
    _check(
        "ImageNotPulled",
        "An image is not pulled, for longer than the patience or by an earlier template.",
        lambda e: _cannot_start(e) and _unpullable(e),
        reasons.IMAGE_PULL_FAILED,
        _image_words,
    ),
    _check(
        "ContainerNotStarted",
        "A container is not created, for longer than the patience or by an earlier template.",
        _cannot_start,
        reasons.POD_REFUSED,
        _refused_words,
    ),
    _check(
        "TimeLimit",
        "Its trainer runs for longer than spec.trials.timeLimitSeconds.",
        lambda e: e.ran is not None and e.limit is not None and e.ran >= e.limit,
        reasons.TIME_LIMIT_EXCEEDED,
        _limit_words,
    ),
)
"""The first that holds decides; where none does, the trial goes on."""
