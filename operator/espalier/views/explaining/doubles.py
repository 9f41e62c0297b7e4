"""Numbers between two numbers, down to the last bit."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable


def next_below(value: float) -> float:
    """Return the number that is a hair less."""
    return math.nextafter(value, -math.inf)


def least(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Return a number for which something holds, and a hair below it does not.

    The least such number between the two, where it holds for all above the least.

    Parameters
    ----------
    low, high
        Finite; it does not hold for the lower one, and does for the higher one.
    """
    below, above = _place(low), _place(high)
    while above - below > 1:
        middle = (below + above) // 2
        if holds(_number(middle)):
            above = middle
        else:
            below = middle
    return _number(above)


def _place(value: float) -> int:
    """Return a number's place among all doubles; -0 is where 0 is."""
    bits: int = struct.unpack("<q", struct.pack("<d", value + 0.0))[0]
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def _number(place: int) -> float:
    bits = abs(place)
    value: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return value if place >= 0 else -value
