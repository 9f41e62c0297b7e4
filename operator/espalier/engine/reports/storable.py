"""What the store can take: what it would refuse must not get as far as a study's log.

A row that the store refuses costs its study a reading of the log, and whoever sent it would send
it again.
"""

from __future__ import annotations

import math
from dataclasses import replace

from espalier.engine.reports.submission import shown
from espalier.errors import ReportError
from espalier.planning.world.record import AttemptRecord, End, MadeTrial

LARGEST_NUMBER = 2**53
LONGEST_UID = 64
_LONGEST_WORD = 63


def check_pod(number: int, pod_uid: str) -> None:
    """Raise unless a trial's number and a pod's uid are such as Kubernetes and we give.

    Raises
    ------
    ReportError
        With status 403: it is not the pod of a trial.
    """
    if not (pod_uid.isascii() and len(pod_uid) <= LONGEST_UID):
        raise _no_trial(f"a uid of at most {LONGEST_UID} ASCII characters", shown(pod_uid))
    check_number(number)


def check_number(number: int) -> None:
    """Raise unless a trial's number is one.

    Raises
    ------
    ReportError
        With status 403: there is no such trial.
    """
    if not 0 <= number <= LARGEST_NUMBER:
        raise _no_trial(f"a trial's number from 0 to {LARGEST_NUMBER}", shown(number))


def _no_trial(expected: str, came: str) -> ReportError:
    return ReportError("NotYourTrial", f"expected {expected}; came {came}", status=403)


def storable_end(end: End) -> End:
    """Return an ending as the store can keep it: texts that are Unicode, numbers that are finite.

    Both come out of a pod's status, and an ending that cannot be kept would never be one.
    """
    return replace(
        end,
        reason=_text(end.reason),
        message=_text(end.message),
        at=_number(end.at),
        gpu_seconds=_number(end.gpu_seconds),
        held=_number(end.held),
        pace=end.pace if end.pace is None or math.isfinite(end.pace) else None,
    )


def storable_attempt(seen: AttemptRecord) -> AttemptRecord:
    """Return what was seen of an attempt as the store can keep it."""
    return replace(
        seen,
        pod=_text(seen.pod)[:253],
        job_uid=_text(seen.job_uid)[:LONGEST_UID],
        gpus=_number(seen.gpus),
        held=_number(seen.held),
        ran=_number(seen.ran),
        disruption=_text(seen.disruption)[:_LONGEST_WORD],
        exit_code=seen.exit_code if seen.exit_code is None else _code(seen.exit_code),
        exit_reason=_text(seen.exit_reason)[:_LONGEST_WORD],
    )


def storable_making(number: int, made: MadeTrial) -> tuple[int, MadeTrial]:
    """Return what a trial was made as, as the store can keep it.

    Raises
    ------
    ReportError
        With status 403: there is no trial of this number.
    """
    check_number(number)
    started = made.started_at
    known = replace(
        made,
        name=_text(made.name)[:253],
        parameters=_text(made.parameters),
        created_at=_number(made.created_at),
        started_at=None if started is None else _number(started),
    )
    return number, known


def _code(code: int) -> int:
    return max(-(2**31), min(code, 2**31 - 1))


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()


def _number(number: float) -> float:
    return number if math.isfinite(number) else 0.0
