"""Which of a trial's own values a pruner compares."""

from __future__ import annotations

from enum import StrEnum
from math import inf, isnan, nan

from espalier.pruning.history.curve import Curve

WORST = -inf
"""The score of a trial that has diverged, where scores are ranked: worse than all numbers."""


class OwnValue(StrEnum):
    """Which of the trial's own values is compared."""

    BEST = "Best"
    """Its best so far."""
    LAST = "Last"
    """Its latest."""
    WINDOW_MEAN = "WindowMean"
    """The mean over the last 15 % of its steps."""


def own_score(curve: Curve, which: OwnValue) -> float:
    """Return a trial's own score at its latest step."""
    if which is OwnValue.BEST:
        return curve.best
    if which is OwnValue.LAST:
        return curve.scores[-1] if curve.scores else nan
    return curve.window_mean(curve.last_step)


def ranked(score: float) -> float:
    """Return a score as it is ranked: NaN as the worst one."""
    return WORST if isnan(score) else score
