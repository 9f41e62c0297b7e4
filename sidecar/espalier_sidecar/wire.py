"""What is sent to ingest, and what its answers ask for (tests/golden has the messages)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from espalier_sidecar.report import Report

MAX_REPORTS = 256
MAX_BODY = 64 * 1024  # bytes
MAX_RETRY_AFTER = 120.0  # seconds
# Ingest refuses the report, and would again. Any other answer may be another one next time.
REFUSED = frozenset({400, 409, 413, 422})
DENIED = frozenset({401, 403})
_AROUND = len('{"trial":,"reports":[],"final":false}')
_BESIDES_NAME = len('{"metric":,"step":9007199254740992,"value":-2.2250738585072014e-308},')


class Treatment(Enum):
    """What to do with a batch, after an answer."""

    ACKNOWLEDGE = "acknowledge"
    SET_ASIDE = "set aside"
    HALVE = "halve"
    AGAIN = "again"


class Decision(NamedTuple):
    """The operator's word on the trial."""

    action: str
    """What is done with the trial: `Keep` or `Prune`."""
    reason: str
    """Why, in a word."""
    message: str
    """Why, in a sentence."""
    step: int | None
    """The step that was judged, if one was."""


class ReadAnswer(NamedTuple):
    """An answer, read."""

    treatment: Treatment
    """What to do with the batch."""
    message: str = ""
    """What was wrong, for the log; empty if nothing was."""
    refused: int = 0
    """Which report of the batch to set aside, counted from 0, where that is the treatment."""
    after: float | None = None
    """In how many seconds to try again at the earliest, where the answer says so."""
    denied: bool = False
    """Whether the token was not accepted."""
    decision: Decision | None = None
    """What was decided of the trial, if anything."""


def encode_batch(trial: str, reports: Sequence[Report], final: bool) -> bytes:
    """Write the body of one post."""
    rows = [
        {"metric": metric, "step": step, "diverged": True}
        if value is None
        else {"metric": metric, "step": step, "value": value}
        for metric, step, value in reports
    ]
    body = {"trial": trial, "reports": rows, "final": final}
    return as_bytes(body)


def fitting(trial: str, reports: Sequence[Report]) -> int:
    """Return how many of the reports, from the first on, surely fit into one post; one at least."""
    left = MAX_BODY - len(as_bytes(trial)) - _AROUND
    lengths: dict[str, int] = {}
    for count, (metric, _, _) in enumerate(reports):
        if metric not in lengths:
            lengths[metric] = len(as_bytes(metric)) + _BESIDES_NAME
        left -= lengths[metric]
        if left < 0:
            return max(1, count)
    return len(reports)


def as_bytes(message: object) -> bytes:
    """Write JSON as it is sent: in UTF-8, so that a name in any script is no longer than it is."""
    text = json.dumps(message, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode()


def read_answer(status: int, retry_after: str | None, body: bytes, sent: int) -> ReadAnswer:
    """Say what an answer to a batch of `sent` reports asks for."""
    found = _object(body)
    if 200 <= status < 300:
        return ReadAnswer(Treatment.ACKNOWLEDGE, decision=_decision(found.get("decision")))
    error = found.get("error")
    error = error if isinstance(error, dict) else {}
    message = f"{status} {error.get('code', '')}: {error.get('message', 'no message')}"
    if status in REFUSED:
        index = error.get("index")
        if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < sent:
            return ReadAnswer(Treatment.SET_ASIDE, message, index)
        return ReadAnswer(Treatment.HALVE if sent > 1 else Treatment.SET_ASIDE, message)
    after = _seconds(retry_after)
    return ReadAnswer(Treatment.AGAIN, message, after=after, denied=status in DENIED)


def _object(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _decision(found: object) -> Decision | None:
    if not isinstance(found, dict) or not isinstance(found.get("action"), str):
        return None
    step = found.get("step")
    return Decision(
        action=found["action"],
        reason=str(found.get("reason", "")),
        message=str(found.get("message", "")),
        step=step if isinstance(step, int) else None,
    )


def _seconds(text: str | None) -> float | None:
    """Read Retry-After as seconds; as a date it is left to the backoff."""
    if text is None or not text.strip().isascii() or not text.strip().isdigit():
        return None
    return min(float(text), MAX_RETRY_AFTER)
