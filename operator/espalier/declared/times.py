"""Lengths of time and points in time, as Kubernetes writes them, in seconds."""

from __future__ import annotations

import re
from datetime import datetime

DURATION = r"^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"
"""A length of time; one that is empty matches, too."""
TIME = r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
"""A point in time (RFC 3339)."""
_UNITS = (3600.0, 60.0, 1.0)


def seconds_of_duration(text: str) -> float:
    """Return the seconds of a length of time such as ``1h30m``.

    Raises
    ------
    ValueError
        If it is none.
    """
    form = re.fullmatch(DURATION, text)
    if form is None or not text:
        raise ValueError("expected a length of time such as 20h or 1h30m")
    parts = zip(form.groups(), _UNITS, strict=True)
    return sum(float(part[:-1]) * unit for part, unit in parts if part)


def seconds_of_time(text: str) -> float:
    """Return a point in time such as ``2026-12-24T18:00:00Z`` as seconds since the epoch.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        if re.fullmatch(TIME, text):
            return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        pass  # of the right form, but no day of the calendar
    raise ValueError("expected a time such as 2026-12-24T18:00:00Z")
