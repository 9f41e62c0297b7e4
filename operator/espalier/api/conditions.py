"""Conditions, as the API conventions want them: pure functions over lists of plain dicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

MAX_MESSAGE = 1024


def timestamp(now: float) -> str:
    """Return seconds since the epoch as Kubernetes writes a time, to the second."""
    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shorten(text: str, limit: int = MAX_MESSAGE) -> str:
    """Return `text` within `limit` characters, its end replaced by an ellipsis where need be."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def find_condition(conditions: Iterable[Mapping[str, Any]], type_: str) -> Mapping[str, Any] | None:
    """Return the condition of a type, or None."""
    return next((each for each in conditions if each.get("type") == type_), None)


def set_condition(
    conditions: Iterable[Mapping[str, Any]],
    type_: str,
    status: bool | None,
    reason: str,
    message: str,
    observed_generation: int,
    now: float,
) -> list[dict[str, Any]]:
    """Return the conditions with one of them set; the given list is left alone.

    Parameters
    ----------
    conditions
        The present conditions.
    type_, reason, message
        As in a ``metav1.Condition``; the message is shortened to what the CRD takes.
    status
        True, False, or None for ``Unknown``.
    observed_generation
        ``metadata.generation`` that the condition was made from.
    now
        Seconds since the epoch: ``lastTransitionTime``, if the status is another than before.
    """
    kept = [dict(each) for each in conditions]
    text = {True: "True", False: "False", None: "Unknown"}[status]
    old = find_condition(kept, type_)
    same_status = old is not None and old.get("status") == text and "lastTransitionTime" in old
    new = {
        "type": type_,
        "status": text,
        "observedGeneration": observed_generation,
        "lastTransitionTime": (
            old["lastTransitionTime"] if old is not None and same_status else timestamp(now)
        ),
        "reason": str(reason),
        "message": shorten(message),
    }
    if old is None:
        return [*kept, new]
    return [new if each is old else each for each in kept]
