"""Spans of time in the words in which people say them."""

from __future__ import annotations

from datetime import datetime

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def duration(seconds: float) -> str:
    """Return a span in its two greatest units: 3 h 20 min."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 10 and seconds != round(seconds):
        return f"{seconds:.1f} s"
    for place, (unit, size) in enumerate(_UNITS):
        smaller, part = _UNITS[min(place + 1, len(_UNITS) - 1)]
        whole = round(seconds / part) * part
        if whole >= size and unit != smaller:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds:.0f} s"


def short(seconds: float) -> str:
    """Return a span in its greatest unit, as kubectl tells ages: 3h."""
    for unit, size in _UNITS:
        if seconds >= 2 * size or unit == "s":
            return f"{max(0.0, seconds) // size:.0f}{unit[0]}"
    return ""


def seconds_since(time: str | None, now: datetime) -> float | None:
    """Return how long ago a time was that is written as RFC 3339 has it; None where none is."""
    try:
        return None if time is None else (now - datetime.fromisoformat(time)).total_seconds()
    except (TypeError, ValueError):
        return None
