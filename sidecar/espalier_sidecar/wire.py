"""What is sent to ingest, and what its answers ask for (tests/golden has the messages)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from espalier_sidecar.report import Report

MAX_REPORTS = 256
MAX_RETRY_AFTER = 120.0  # seconds
# Ingest refuses the report, and would again. Any other answer may be another one next time.
REFUSED = frozenset({400, 409, 413, 422})
DENIED = frozenset({401, 403})


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
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


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
