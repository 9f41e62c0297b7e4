"""Small pure pieces for reading and writing statuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Status = Mapping[str, Any]


def condition_of(status: Status, type_: str) -> Mapping[str, Any] | None:
    """Return the condition of a type."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == type_:
            found: Mapping[str, Any] = condition
            return found
    return None


def finite(value: float | None) -> float | None:
    """Return a number that JSON can hold, None for one that it cannot."""
    return value if value is not None and math.isfinite(value) else None


def merge_patch(old: Status, new: Status) -> dict[str, Any]:
    """Return the merge patch (RFC 7386) that makes ``old`` agree with ``new``.

    Keys of ``old`` that ``new`` does not mention at all are left alone; None in ``new`` removes.
    """
    patch: dict[str, Any] = {}
    for key, value in new.items():
        was = old.get(key)
        if value is None:
            if was is not None:
                patch[key] = None
        elif isinstance(value, Mapping) and isinstance(was, Mapping):
            full = {**dict.fromkeys(was), **value}
            if inner := merge_patch(was, full):
                patch[key] = inner
        elif value != was:
            patch[key] = _without_none(value)
    return patch


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return value


def words(count: float) -> str:
    """Return a span of seconds in words."""
    if count < 120:
        return f"{count:.0f} s"
    return f"{count / 60:.0f} min" if count < 7200 else f"{count / 3600:.1f} h"


_LENGTHS = (5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 57600)


def at_least(count: float) -> str:
    """Return a span of seconds in words that seldom change, for what is written as it grows."""
    days = int(count // 86400)
    if days:
        days = 1 << (days.bit_length() - 1)
        return f"{days} day{'s' if days > 1 else ''} or more"
    least = max((each for each in _LENGTHS if each <= count), default=0)
    return f"{words(least)} or more" if least else "a moment"


def full_stop(text: str) -> str:
    """Return words of somebody else's as a sentence."""
    text = text.rstrip(" .")
    return text if text.endswith(("?", "!")) else f"{text}."
