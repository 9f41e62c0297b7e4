"""What repeats of one trial show: their mean, how sure it is, and whether two of them differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

_TAIL = 0.025
"""Probability of each tail of a 95 % interval."""
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class RepeatedValues:
    """The last values of one trial's repeats, in units of the metric.

    Parameters
    ----------
    values
        Of those that have completed with a finite value.
    failed
        How many have ended otherwise.
    """

    values: tuple[float, ...] = ()
    failed: int = 0

    @property
    def ended(self) -> int:
        """How many have ended."""
        return len(self.values) + self.failed

    @property
    def mean(self) -> float | None:
        """Their mean; None without a value."""
        return _mean(self.values) if self.values else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The mean's 95 % interval by Student's t; None with fewer than two values."""
        if len(self.values) < 2:
            return None
        half = _error(self.values) * float(stdtrit(len(self.values) - 1, 1.0 - _TAIL))
        return _mean(self.values) - half, _mean(self.values) + half


def told_apart(one: RepeatedValues, other: RepeatedValues) -> bool | None:
    """Whether two means differ beyond the noise; None with fewer than two values of either.

    Welch's t-test at 5 %, two-sided (Welch, *The generalization of "Student's" problem when several
    different population variances are involved*, Biometrika 34, 1947), since finalists may well be
    of different noise. Seeds differ from repeat to repeat, so that nothing pairs them.
    """
    if min(len(one.values), len(other.values)) < 2:
        return None
    # In the largest one's unit: squares of what a metric may be do not all fit into a float.
    unit = _unit((*one.values, *other.values))
    first, second = ([value / unit for value in each.values] for each in (one, other))
    difference = abs(_mean(first) - _mean(second))
    parts = _error(first) ** 2, _error(second) ** 2
    variance = sum(parts)
    if variance == 0.0:
        return difference > 0.0
    freedom = 1.0 / sum(
        (part / variance) ** 2 / (len(each) - 1)
        for part, each in zip(parts, (first, second), strict=True)
    )
    return 2.0 * float(stdtr(freedom, -difference / math.sqrt(variance))) < _ALPHA


def _mean(values: Sequence[float]) -> float:
    unit = _unit(values)
    return math.fsum(value / unit for value in values) / len(values) * unit


def _error(values: Sequence[float]) -> float:
    """Return the standard error of a mean, of two values or more."""
    unit, mean, count = _unit(values), _mean(values), len(values)
    squares = math.fsum(((value - mean) / unit) ** 2 for value in values)
    return math.sqrt(squares / (count - 1) / count) * unit


def _unit(values: Sequence[float]) -> float:
    return max(map(abs, values)) or 1.0
