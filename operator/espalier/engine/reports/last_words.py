"""What a sidecar could not deliver, out of its container's termination message."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from espalier.engine.reports.submission import (
    MOST_REPORTS,
    Acknowledgement,
    CheckedBatch,
    CheckedReport,
    checked,
)
from espalier.errors import ReportError

LONGEST_MESSAGE = 4096
_START = re.compile(r'\{"espalier":1,"lost":(\d{1,15}),"count":(\d{1,4}),"reports":\[')
_DECODER = json.JSONDecoder()
Submit = Callable[[CheckedBatch], Awaitable[Acknowledgement]]


@dataclass(frozen=True, slots=True)
class LastWords:
    """What became of a termination message.

    Parameters
    ----------
    accepted, repeated, refused
        How many of its values were new, were stored already, or were no values.
    lost
        How many did not fit into the message, as the sidecar says, or were cut off its end.
    """

    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    lost: int = 0


def parse_tail(message: str) -> tuple[list[CheckedReport], int, int]:
    """Return a termination message's values, how many were no values, and how many were lost.

    Nobody can be told of an error in it, so what is good of it is taken. A message that is not the
    sidecar's, such as the end of a crashed one's log, has no values. One that the kubelet has cut,
    as it does if something has added containers to the pod, has those before the cut.
    """
    message = message[: 2 * LONGEST_MESSAGE]
    try:
        found = json.loads(message)
    except RecursionError:
        return [], 0, 0
    except ValueError:
        found = _salvaged(message)
    if not isinstance(found, dict) or found.get("espalier") != 1:
        return [], 0, 0
    reports, lost = found.get("reports"), found.get("lost")
    lost = lost if type(lost) is int and 0 <= lost < 2**53 else 0
    good: list[CheckedReport] = []
    listed = reports if isinstance(reports, list) else []
    for index, report in enumerate(listed):
        try:
            metric, step, value = report
            good.append(checked(metric, step, value, index))
        except (ReportError, TypeError, ValueError):
            continue
    return good, len(listed) - len(good), lost


def _salvaged(message: str) -> dict[str, Any] | None:
    """Return a message without its cut end, with what was cut off counted as lost."""
    start = _START.match(message)
    if start is None:
        return None
    lost, count = int(start[1]), int(start[2])
    reports: list[Any] = []
    at = start.end()
    while len(reports) < count and message[at : at + 1] == "[":
        try:
            report, at = _DECODER.raw_decode(message, at)
        except (ValueError, RecursionError):
            break
        reports.append(report)
        at += message[at : at + 1] == ","
    return {"espalier": 1, "reports": reports, "lost": lost + count - len(reports)}


async def deliver(message: str, trial: str, submit: Submit) -> LastWords:
    """Submit a termination message's values; one that is refused is left out.

    Raises
    ------
    RetryLater
        Not all of it is durable: deliver it again.
    """
    reports, refused, lost = parse_tail(message)
    accepted = repeated = 0
    while reports:
        batch = CheckedBatch(trial, tuple(reports[:MOST_REPORTS]), final=True)
        try:
            answer = await submit(batch)
        except ReportError as error:
            refused += 1
            if error.index is None:
                refused += len(reports) - 1
                break
            del reports[error.index]
            continue
        accepted += answer.accepted
        repeated += answer.repeated
        del reports[:MOST_REPORTS]
    return LastWords(accepted, repeated, refused, lost)
