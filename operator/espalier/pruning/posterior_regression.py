"""From rung to rung: conjugate regressions of where trials go next, chained to the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from espalier.pruning.course import Course, Entry

MOST = 64
"""At most so many of a rung's best trials are fitted, which bounds the time of a decision."""
LEAST = 3
PRIOR_MEAN = np.array([0.0, 0.0, 0.3])
PRIOR_PRECISION = np.diag([1.0, 8.0, 4.0])
PRIOR_FREEDOM = 4.0
PRIOR_VARIANCE = 0.36
"""Variance of what is left, in units of the top half's, at the beginning of the horizon."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transition:
    """How scores move from one rung to the next: a normal inverse gamma regression.

    The expected score at the next rung is ``bias + level * v + slope * (v - previous)``.

    Parameters
    ----------
    bias, level, slope
        The coefficients, in the units of the scores.
    variance
        Of the prediction, in the units of the scores.
    freedom
        Degrees of freedom of that variance.
    spread
        Standard deviation of the rung's better half.
    """

    bias: float
    level: float
    slope: float
    variance: float
    freedom: float
    spread: float


@dataclass(frozen=True, slots=True)
class Reach:
    """The distribution of the final score, given the score at a rung: a Student t.

    Parameters
    ----------
    bias, level, slope
        Its mean is ``bias + level * v + slope * (v - previous)``.
    variance, freedom
        Its squared scale, infinite if nothing can be said, and its degrees of freedom.
    limit
        The slope counts at most so much either way.
    """

    bias: float
    level: float
    slope: float
    variance: float
    freedom: float
    limit: float

    def mean(self, score: float, previous: float) -> float:
        """Give the expected final score."""
        gain = min(self.limit, max(-self.limit, score - previous))
        return self.bias + self.level * score + self.slope * gain


END = Reach(0.0, 1.0, 0.0, 0.0, inf, 0.0)


class Regressions:
    """The regressions of a study, each refitted only when one of its rungs has changed.

    Kept in the ledger beside its course. What it gives is a function of the course alone: the
    fits are taken over a rung's best trials in the order of their scores, so that neither the
    order of arrival nor the time of the question matters.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        size = len(course.steps)
        self._fits: list[Transition | None] = [None] * size
        self._fitted: list[tuple[int, int]] = [(-1, -1)] * size

    def reaches(self, rung: int) -> list[Reach]:
        """Give the distribution of the final score from each rung; those before `rung` as END."""
        course = self.course
        size = len(course.steps)
        for h in range(rung, size):
            version = (course.version[h], course.version[h + 1])
            if self._fitted[h] != version:
                self._fits[h] = transition(course, h)
                self._fitted[h] = version
        found = [END] * (size + 1)
        spread = weight = 0.0
        for h in range(size - 1, rung - 1, -1):
            fit = self._fits[h]
            if fit is None:
                found[h] = Reach(0.0, 1.0, 0.0, inf, PRIOR_FREEDOM, 0.0)
                spread = inf
                continue
            after = found[h + 1]
            gain = after.level + after.slope
            added = gain * gain * fit.variance
            spread += added
            weight += added * added / fit.freedom
            # Welch and Satterthwaite's degrees of freedom of a sum of variances.
            ratio = spread * spread / weight if 0.0 < weight < inf and spread < inf else inf
            found[h] = Reach(
                after.bias + gain * fit.bias,
                after.level * fit.level + after.slope * (fit.level - 1.0),
                gain * fit.slope,
                spread,
                min(200.0, max(PRIOR_FREEDOM, ratio)) if isfinite(ratio) else PRIOR_FREEDOM,
                3.0 * fit.spread,
            )
        return found

    def on_append(self, curve: Any) -> None:
        """Nothing to do: the course has taken it in."""

    def on_close(self, curve: Any) -> None:
        """Nothing to do: the course has taken it in."""

    def on_leave(self, curve: Any) -> None:
        """Nothing to do: the course has taken it in."""


def transition(course: Course, rung: int) -> Transition | None:
    """Fit the transition from a rung to the next, on the better half of the rung's trials.

    Whatever became of a trial, it counts if it was seen at both ends: that it is missing
    depends on reported scores alone, so that the conditional distribution stays unbiased.
    """
    column = course.columns[rung]
    if len(column) < LEAST:
        return None
    top = column[-min(MOST, (len(column) + 1) // 2) :]
    scores = np.array([score for score, _ in top])
    if not isfinite(scores[0]):
        return None
    with np.errstate(all="ignore"):
        spread = float(np.std(scores))
        if not 0.0 < spread < inf:
            return None
        return _fit(course, rung, top, spread)


def _fit(course: Course, rung: int, top: list[Entry], spread: float) -> Transition | None:
    ends = len(course.steps)
    cut = top[0][0]
    rows: list[tuple[float, float, float]] = []
    for score, trial in top:
        known = course.scores[trial]
        if rung + 1 < len(known):
            after = known[rung + 1]
        elif rung + 1 == ends and trial in course.ends:
            after = course.ends[trial]
        else:
            continue
        rows.append((score, known[rung - 1] if rung else score, after))
    data = np.array(rows).reshape(-1, 3)
    level = (data[:, 0] - cut) / spread
    slope = np.clip((data[:, 0] - data[:, 1]) / spread, -3.0, 3.0)
    change = np.clip((data[:, 2] - data[:, 0]) / spread, -6.0, 12.0)
    rows_x = np.column_stack([np.ones(len(data)), level, slope])
    steps = [*course.steps, course.horizon]
    precision = PRIOR_PRECISION + rows_x.T @ rows_x
    beta = np.linalg.solve(precision, PRIOR_PRECISION @ PRIOR_MEAN + rows_x.T @ change)
    error, moved = change - rows_x @ beta, beta - PRIOR_MEAN
    freedom = PRIOR_FREEDOM + len(data)
    prior = PRIOR_FREEDOM * PRIOR_VARIANCE * (1.0 - steps[rung] / steps[rung + 1])
    scale = (prior + error @ error + moved @ PRIOR_PRECISION @ moved) / freedom
    scale *= 1.0 + 1.0 / (1.0 + len(data))
    variance = float(scale) * spread * spread
    bias = float(spread * beta[0] - beta[1] * cut)
    found = (bias, 1.0 + float(beta[1]), float(beta[2]), variance)
    if not all(map(isfinite, found)):
        return None
    return Transition(*found, freedom, spread)
