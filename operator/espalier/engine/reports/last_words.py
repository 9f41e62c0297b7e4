"""What a sidecar could not deliver, out of its container's termination message."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from espalier.engine.reports.heard import checked_heard
from espalier.engine.reports.submission import (
    MOST_REPORTS,
    Acknowledgement,
    CheckedBatch,
    CheckedReport,
    checked,
)
from espalier.errors import ReportError
from espalier.planning.world.heard import Heard

LONGEST_MESSAGE = 4096
_START = re.compile(r'\{"espalier":1,"lost":(\d{1,15}),"count":(\d{1,4}),')
_NAMES, _REPORTS = '"names":', '"reports":['
_DECODER = json.JSONDecoder()
Submit = Callable[[CheckedBatch], Awaitable[Acknowledgement]]


class Tail(NamedTuple):
    """What a termination message holds."""

    reports: list[CheckedReport]
    """Its values."""
    refused: int = 0
    """How many were no values."""
    lost: int = 0
    """How many did not fit, or were cut off."""
    heard: tuple[Heard, ...] = ()
    """What the sidecar's collectors have heard; empty where values came."""


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


def parse_tail(message: str) -> Tail:
    """Return what a termination message holds.

    Nobody can be told of an error in it, so what is good of it is taken. A message that is not the
    sidecar's, such as the end of a crashed one's log, has no values. One that the kubelet has cut,
    as it does if something has added containers to the pod, has those before the cut.
    """
    message = message[: 2 * LONGEST_MESSAGE]
    try:
        found = json.loads(message)
    except RecursionError:
        return Tail([])
    except ValueError:
        found = _salvaged(message)
    if not isinstance(found, dict) or found.get("espalier") != 1:
        return Tail([])
    reports, lost = found.get("reports"), found.get("lost")
    lost = lost if type(lost) is int and 0 <= lost < 2**53 else 0
    good: list[CheckedReport] = []
    listed = reports if isinstance(reports, list) else []
    for index, report in enumerate(listed):
        try:
            metric, step, value = report
            good.append(checked(_named(metric, found.get("names")), step, value, index))
        except (ReportError, TypeError, ValueError):
            continue
    return Tail(good, len(listed) - len(good), lost, _heard(found.get("heard")))


def _named(metric: Any, names: Any) -> Any:
    """Return a metric's name: reports have its place among the names, or the name itself."""
    if type(metric) is int and isinstance(names, list) and 0 <= metric < len(names):
        return names[metric]
    return metric


def _heard(found: Any) -> tuple[Heard, ...]:
    if found is None:
        return ()
    try:
        return checked_heard(found)
    except ReportError:
        return ()


def _salvaged(message: str) -> dict[str, Any] | None:
    """Return a message without its cut end, with what was cut off counted as lost."""
    start = _START.match(message)
    if start is None:
        return None
    lost, count = int(start[1]), int(start[2])
    names, at = _cut_names(message, start.end())
    reports: list[Any] = []
    at = at + len(_REPORTS) if message.startswith(_REPORTS, at) else len(message)
    while len(reports) < count and message[at : at + 1] == "[":
        try:
            report, at = _DECODER.raw_decode(message, at)
        except (ValueError, RecursionError):
            break
        reports.append(report)
        at += message[at : at + 1] == ","
    lost += count - len(reports)
    return {"espalier": 1, "names": names, "reports": reports, "lost": lost}


def _cut_names(message: str, at: int) -> tuple[Any, int]:
    """Return the names of a message that was cut, and where they end."""
    if not message.startswith(_NAMES, at):
        return [], at
    try:
        names, at = _DECODER.raw_decode(message, at + len(_NAMES))
    except (ValueError, RecursionError):
        return [], at
    return names, at + 1


async def deliver(tail: Tail, trial: str, submit: Submit) -> LastWords:
    """Submit a termination message's values; one that is refused is left out.

    Raises
    ------
    RetryLater
        Not all of it is durable: deliver it again.
    """
    reports, refused, lost = list(tail.reports), tail.refused, tail.lost
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
