"""Sums of floating-point numbers that do not depend on the order, and can be taken apart again."""

from __future__ import annotations

import math

_UNIT = 1 << 1074
"""Every finite floating-point number is a whole number of these parts of one."""


def exact(value: float) -> int:
    """Return a number in units that all of them are whole numbers of; 0 for no finite one."""
    if not math.isfinite(value):
        return 0
    numerator, denominator = float(value).as_integer_ratio()
    return numerator * (_UNIT // denominator)


def nearest(total: int) -> float:
    """Return the floating-point number that is nearest to an exact sum."""
    return total / _UNIT
