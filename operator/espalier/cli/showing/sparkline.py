"""A curve in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.pictures.drawn_limits import most_between

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-=^"
GAP = "·"


def sparkline(
    values: Sequence[float | None], low: float, high: float, width: int, blocks: str = BLOCKS
) -> str:
    """Draw values between two bounds, at most as many characters as are given.

    Parameters
    ----------
    values
        In order; None where training diverged.
    low, high
        What is drawn as the lowest and the highest block: the same for curves that are compared.
    """
    if not values or width <= 0:
        return ""
    count = min(width, len(values))
    places = [(index * (len(values) - 1)) // max(1, count - 1) for index in range(count)]
    return "".join(_block(values[place], low, high, blocks) for place in places)


def _block(value: float | None, low: float, high: float, blocks: str) -> str:
    if value is None:
        return GAP
    share = (value - low) / (high - low) if high > low else 0.5
    return blocks[round(min(1.0, max(0.0, share)) * (len(blocks) - 1))]


def bounds(curves: Sequence[Sequence[float | None]]) -> tuple[float, float]:
    """Return between which values curves are drawn: one that broke out does not flatten the rest.

    The lowest and the highest hundredth are left out.
    """
    found = most_between(value for curve in curves for value in curve if value is not None)
    return found or (0.0, 1.0)
