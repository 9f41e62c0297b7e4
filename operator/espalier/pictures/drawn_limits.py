"""What of curves can be drawn, and between which values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from espalier.views.plain import View

_GREATEST = 1e150
"""Beyond it, no library draws without an overflow."""


def drawable(value: float | None, log: bool) -> bool:
    """Tell whether a value can be drawn."""
    if value is None or abs(value) > _GREATEST:
        return False
    return not log or value > 1 / _GREATEST


def most_between(values: Iterable[float]) -> tuple[float, float] | None:
    """Return between what all but the least and the greatest hundredth are; None without values."""
    known = sorted(values)
    cut = len(known) // 100
    return (known[cut], known[-1 - cut]) if known else None


def limits(trials: Sequence[View], log: bool) -> tuple[float, float]:
    """Return between which values is drawn: a few that broke out do not flatten the rest."""
    found = most_between(
        value for trial in trials for value in trial["values"] if drawable(value, log)
    )
    if found is None:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = found
    if log:
        return (low / 2, high * 2) if low == high else (low / 1.1, high * 1.1)
    room = 0.04 * (high - low) or abs(low) / 2 or 0.5
    return low - room, high + room
