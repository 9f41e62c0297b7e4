"""From rung to rung: conjugate regressions of where trials go next, chained to the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, sqrt

from espalier.pruning.history.dense_rungs import DenseRungs, Entry

MOST_FITTED_TRIALS = 64
"""At most so many of a rung's best trials are fitted, which bounds the time of a decision."""
FEWEST_FITTED_TRIALS = 3
"""Fewer trials at a rung than this are not fitted."""
PRIOR_MEAN = (0.0, 0.0, 0.3)
PRIOR_PRECISION = (1.0, 8.0, 4.0)
PRIOR_FREEDOM = 4.0
PRIOR_VARIANCE = 0.36
"""Variance of what is left, in units of the top half's, at the beginning of the horizon."""

Row = tuple[float, float, float]


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
        """Return the expected final score."""
        gain = min(self.limit, max(-self.limit, score - previous))
        return self.bias + self.level * score + self.slope * gain


END = Reach(0.0, 1.0, 0.0, 0.0, inf, 0.0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit, and what it is a function of.

    Parameters
    ----------
    versions
        Of the two rungs, when they were looked at last.
    top
        The trials that the fit is taken over.
    missing
        Those of them that have not been seen at the next rung.
    fit
        None if nothing can be said.
    """

    versions: tuple[int, int]
    top: list[Entry]
    missing: list[int]
    fit: Transition | None


UNFITTED = Fitted((-1, -1), [], [], None)


class Regressions:
    """The regressions of a study, each refitted only when the trials it is taken over changed.

    What it gives is a function of the course alone: the fits are taken over a rung's best trials
    in the order of their scores, so that neither the order of arrival nor the time of the
    question matters. Sums are taken in Python's floats, which
    for 64 rows of three is faster than numpy, and does not depend on the machine's BLAS.
    """

    def __init__(self, course: DenseRungs) -> None:
        self.course = course
        self._fitted = [UNFITTED] * len(course.steps)
        self._reaches: list[Reach] = []

    def reaches(self) -> list[Reach]:
        """Return the distribution of the final score from each rung, and from the end."""
        changed = [self._refit(rung) for rung in range(len(self._fitted))]
        if any(changed) or not self._reaches:
            self._reaches = chain([fitted.fit for fitted in self._fitted])
        return self._reaches

    def _refit(self, rung: int) -> bool:
        """Bring a fit up to date; whether it had to be made anew."""
        course, held = self.course, self._fitted[rung]
        versions = (course.version[rung], course.version[rung + 1])
        if held.versions == versions:
            return False
        top = better_half(course.columns[rung])
        if top == held.top and not any(_seen(course, rung, trial) for trial in held.missing):
            self._fitted[rung] = Fitted(versions, held.top, held.missing, held.fit)
            return False
        rows, missing = rows_of(course, rung, top)
        steps = [*course.steps, course.horizon]
        fit = transition(top, rows, 1.0 - steps[rung] / steps[rung + 1])
        self._fitted[rung] = Fitted(versions, top, missing, fit)
        return True


def chain(fits: list[Transition | None]) -> list[Reach]:
    """Chain the transitions to the horizon."""
    found = [END] * (len(fits) + 1)
    spread = weight = 0.0
    for rung in range(len(fits) - 1, -1, -1):
        fit = fits[rung]
        if fit is None:
            found[rung] = Reach(0.0, 1.0, 0.0, inf, PRIOR_FREEDOM, 0.0)
            spread = inf
            continue
        after = found[rung + 1]
        gain = after.level + after.slope
        added = gain * gain * fit.variance
        spread += added
        weight += added * added / fit.freedom
        # Welch and Satterthwaite's degrees of freedom of a sum of variances.
        ratio = spread * spread / weight if 0.0 < weight < inf and spread < inf else inf
        found[rung] = Reach(
            after.bias + gain * fit.bias,
            after.level * fit.level + after.slope * (fit.level - 1.0),
            gain * fit.slope,
            spread,
            min(200.0, max(PRIOR_FREEDOM, ratio)) if isfinite(ratio) else PRIOR_FREEDOM,
            3.0 * fit.spread,
        )
    return found


def better_half(column: list[Entry]) -> list[Entry]:
    """Return the trials of a rung that its fit is taken over, the best last."""
    if len(column) < FEWEST_FITTED_TRIALS:
        return []
    return column[-min(MOST_FITTED_TRIALS, (len(column) + 1) // 2) :]


def rows_of(course: DenseRungs, rung: int, top: list[Entry]) -> tuple[list[Row], list[int]]:
    """Return the scores at a rung, before it and after it, and the trials not seen after it.

    Whatever became of a trial, it counts if it was seen at both ends: that it is missing
    depends on reported scores alone, so that the conditional distribution stays unbiased.
    """
    rows: list[Row] = []
    missing: list[int] = []
    scores, after = course.scores, rung + 1
    ends = course.ends if after == len(course.steps) else {}
    for score, trial in top:
        known = scores[trial]
        before = known[rung - 1] if rung else score
        if after < len(known):
            rows.append((score, before, known[after]))
        elif trial in ends:
            rows.append((score, before, ends[trial]))
        else:
            missing.append(trial)
    return rows, missing


def _seen(course: DenseRungs, rung: int, trial: int) -> bool:
    """Whether a trial that reached a rung has been seen at the next one, or at the end."""
    return rung + 1 < len(course.scores[trial]) or (
        rung + 1 == len(course.steps) and trial in course.ends
    )


def transition(top: list[Entry], rows: list[Row], way: float) -> Transition | None:
    """Fit the transition from a rung to the next, on the better half of the rung's trials.

    Parameters
    ----------
    top
        The better half.
    rows
        Of those of them that were seen at the next rung: scores there, before and after.
    way
        The part of the steps to the next rung that lies between.
    """
    if not top or not isfinite(top[0][0]):
        return None
    scores = [score for score, _ in top]
    mean = sum(scores) / len(scores)
    spread = sqrt(sum([(score - mean) * (score - mean) for score in scores]) / len(scores))
    if not 0.0 < spread < inf:
        return None
    return _fit(rows, scores[0], spread, way)


def _fit(rows: list[Row], cut: float, spread: float, way: float) -> Transition | None:
    """Solve the normal equations of the standardised change on level and slope."""
    (s1, s2, s11, s12, s22), (t0, t1, t2, squares) = _sums(rows, cut, spread)
    a0, a1, a2 = PRIOR_PRECISION
    m0, m1, m2 = PRIOR_MEAN
    p00, p11, p22 = a0 + len(rows), a1 + s11, a2 + s22
    # Elimination without exchanges: with the prior the matrix is positive definite.
    l1, l2 = s1 / p00, s2 / p00
    q11, q12, q22 = p11 - l1 * s1, s12 - l1 * s2, p22 - l2 * s2
    r0, r1, r2 = a0 * m0 + t0, a1 * m1 + t1, a2 * m2 + t2
    y1, y2 = r1 - l1 * r0, r2 - l2 * r0
    l3 = q12 / q11
    b2 = (y2 - l3 * y1) / (q22 - l3 * q12)
    b1 = (y1 - q12 * b2) / q11
    b0 = (r0 - s1 * b1 - s2 * b2) / p00
    error = squares - 2.0 * (b0 * t0 + b1 * t1 + b2 * t2)
    error += b0 * b0 * len(rows) + b1 * b1 * s11 + b2 * b2 * s22
    error += 2.0 * (b0 * b1 * s1 + b0 * b2 * s2 + b1 * b2 * s12)
    d0, d1, d2 = b0 - m0, b1 - m1, b2 - m2
    moved = a0 * d0 * d0 + a1 * d1 * d1 + a2 * d2 * d2
    freedom = PRIOR_FREEDOM + len(rows)
    scale = (PRIOR_FREEDOM * PRIOR_VARIANCE * way + error + moved) / freedom
    scale *= 1.0 + 1.0 / (1.0 + len(rows))
    found = (spread * b0 - b1 * cut, 1.0 + b1, b2, scale * spread * spread)
    if not all(map(isfinite, found)):
        return None
    return Transition(*found, freedom, spread)


def _sums(
    rows: list[Row], cut: float, spread: float
) -> tuple[tuple[float, float, float, float, float], tuple[float, float, float, float]]:
    """Return the sums of products: of level and slope, and of these with the change."""
    s1 = s2 = s11 = s12 = s22 = t0 = t1 = t2 = squares = 0.0
    for score, before, after in rows:
        level = (score - cut) / spread
        slope = (score - before) / spread
        slope = 3.0 if slope > 3.0 else -3.0 if slope < -3.0 else slope
        change = (after - score) / spread
        change = 12.0 if change > 12.0 else -6.0 if change < -6.0 else change
        s1 += level
        s2 += slope
        s11 += level * level
        s12 += level * slope
        s22 += slope * slope
        t0 += change
        t1 += level * change
        t2 += slope * change
        squares += change * change
    return (s1, s2, s11, s12, s22), (t0, t1, t2, squares)
