"""By how much a value must be behind before noise does not explain it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from statistics import median

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.noise import (
    FEWEST_LEADERS,
    MOST_LEADERS,
    LeadersNoise,
    grain_of,
    noise_of,
)

MARGIN_IN_NOISE = 2.0
"""The margin in standard deviations of a single value around its course.

A trial wins by its last value, and of a hundred last values the luckiest lies 2.5 deviations above
its course. Beyond two, noisy tasks lose hardly fewer winners and save less."""


@dataclass(frozen=True, slots=True)
class Noise:
    """How far a value may be from where its trial stands, in units of the metric.

    Parameters
    ----------
    level
        Standard deviation of a value around its course.
    grain
        The least by which values differ: a single case of a small validation set.
    """

    level: float = 0.0
    grain: float = 0.0

    @property
    def margin(self) -> float:
        """What a value is behind by before noise does not explain it."""
        return MARGIN_IN_NOISE * self.level + self.grain


def noise_of_leaders(ledger: Ledger) -> Noise | None:
    """Return the noise that the leaders' last values show; None before three have completed."""
    leaders = LeadersNoise.of(ledger)
    level = leaders.level()
    return None if level is None else Noise(level, leaders.grain())


def noise_seen(ledger: Ledger, course: DenseRungs, judged: Curve) -> Noise:
    """Return the noise that the study has shown; none while too few values tell.

    That of the leaders' last values once three have completed; before, of the better half of those
    that have come furthest. The trial that is judged has no say: if it came closer it might else
    seem more certain that it is behind.
    """
    if (shown := noise_of_leaders(ledger)) is not None:
        return shown
    rungs_of_judged = len(course.scores.get(judged.number, ()))
    for rung in reversed(range(len(course.steps))):
        column = course.columns[rung]
        others = len(column) - (rung < rungs_of_judged)
        most = min(MOST_LEADERS, max(FEWEST_LEADERS, -(-others // 2)))
        best = [trial for _, trial in column[-most - 1 :] if trial != judged.number][-most:]
        curves = [ledger.curve(trial).scores for trial in best]
        told = [noise for scores in curves if (noise := noise_of(scores)) is not None]
        if len(told) >= FEWEST_LEADERS:
            finest = min(map(grain_of, curves))
            return Noise(median(told), finest if isfinite(finest) else 0.0)
    return Noise()
