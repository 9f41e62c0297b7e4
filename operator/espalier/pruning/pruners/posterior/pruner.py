"""Prunes what will hardly end as the winner, by regression from rung to rung."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import ClassVar

import numpy as np
from scipy.special import stdtr, stdtrit

from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs, trials_in_all
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.own_value import WORST
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.posterior.regression import Reach
from espalier.pruning.pruners.posterior.risk_scale import RiskScale
from espalier.pruning.pruners.posterior.rivals import Rivals
from espalier.pruning.pruners.risk_bearing import RiskBearing

TRIALS_NEEDED_BEYOND = 6
"""So many trials must have been seen beyond a rung."""
RIVALS_COMPARED = 8
"""A trial is compared with so many of the best others."""
TAIL_PROBABILITIES = (
    *(0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01),
    *(5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 1e-5),
)
"""At which tails of a trial's own distribution the integral of its chance is taken."""
MOST_ENDED_CHECKED = 16
"""So many of the best ended trials tell how far forecasts were off."""
FORECAST_WEIGHT_TRIALS = 4.0
"""A forecast's own spread weighs as much as so many ended trials."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A Student t over a trial's final score."""

    trial: int
    """Its number."""
    mean: float
    """Where it is expected to end."""
    scale: float
    """How wide; in the scores' unit."""
    freedom: float
    """Degrees of freedom."""


@dataclass(frozen=True, kw_only=True)
class Posterior(RiskBearing):
    """Prune a trial that will hardly end as the winner.

    At rungs that lie densely (the first at 8 % of the horizon) conjugate regressions say how
    scores move on to the next rung, and their chain says where a trial will end; the spread is
    widened by how far completed trials ended from what was foreseen at the rung. A trial is
    judged if six trials were seen beyond its rung and a sixth of the rung is ahead of it.

    KeepWinner: the trial is pruned if the probability that it ends as the best of the n trials
    known at the rung is below what the stated risk comes to: a multiple of ``1 / n`` that was
    fitted on recorded studies (`RiskScale`), since forecasts are more careful than they say. The
    trials to come are as good as those seen, so that each pruning costs at most ``risk / N`` of a
    study of N, and all together `risk`.
    BestUnderBudget: it is pruned if that probability is below what the same cost buys with new
    trials, ``(steps left / mean steps of a trial) / (trials + 1)``, within [0.01, 0.45].
    TimeToTarget: as KeepWinner, with the probability of reaching the target.
    """

    name: ClassVar[str] = "Posterior"

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial at the rung it has just reached."""
        if ledger.terms.horizon is None:
            return self.keep(curve, Reason.NO_HORIZON)
        rivals = Rivals.of(ledger, ledger.terms.horizon)
        course = rivals.course
        rung = course.rung(curve, self.judged_before(curve))
        if rung is None:
            upcoming = {"next": course.next_step(curve.last_step)}
            return self.keep(curve, Reason.BETWEEN_RUNGS, upcoming)
        own = course.own(curve, rung)
        if own == WORST and curve.nan_run:
            return self.prune(curve, Reason.DIVERGED, {"nans": curve.nan_run, "risk": 0.0}, rung)
        seen = len(course.columns[rung + 1])
        if seen < TRIALS_NEEDED_BEYOND or curve.number not in course.scores:
            few = {"seen": seen, "needed": TRIALS_NEEDED_BEYOND}
            return self.keep(curve, Reason.TOO_LITTLE_EVIDENCE, few, rung)
        # Brought up to date also where it is not asked, so that no decision has many to make.
        rivals.regressions.reaches()
        better, known = course.better(rung, own), course.known(rung)
        if better * RiskScale.of(ledger.terms.edition).kept_one_in < known:
            return self.keep(curve, Reason.TOP_OF_RUNG, _ranked(ledger, course, rung, own), rung)
        return self._predict(ledger, rivals, curve, rung)

    def _predict(self, ledger: Ledger, running: Rivals, curve: Curve, rung: int) -> Decision:
        course, reaches = running.course, running.regressions.reaches()
        own = widened(forecast(course, reaches, curve.number), course, reaches, rung)
        if not isfinite(own.scale) or not isfinite(own.mean):
            few = {"seen": len(course.columns[rung + 1]), "needed": TRIALS_NEEDED_BEYOND}
            return self.keep(curve, Reason.TOO_LITTLE_EVIDENCE, few, rung)
        if self.goal is Goal.TIME_TO_TARGET and ledger.terms.target is not None:
            return self._target(ledger, curve, rung, course.known(rung), own)
        rivals = best_rivals(running, reaches, curve.number)
        probability = win(own, rivals)
        leader = max(rivals, key=lambda rival: (rival.mean, -rival.trial)).trial
        evidence: Evidence = {
            "probability": probability,
            "leader": leader,
            "end": ledger.user(own.mean),
            "scale": own.scale,
        }
        if self.goal is Goal.BEST_UNDER_BUDGET:
            limit = worth(course, len(ledger), course.horizon - curve.last_step)
            evidence = {**evidence, "limit": limit}
            if probability < limit:
                return self.prune(curve, Reason.NOT_WORTH_ITS_COST, evidence, rung)
            return self.keep(curve, Reason.WORTH_ITS_COST, evidence, rung)
        known, scale = course.known(rung), RiskScale.of(ledger.terms.edition)
        limit = scale.limit(self.risk) / known
        evidence = {**evidence, "limit": limit}
        if probability < limit:
            cost = scale.risk(probability * known) / trials_in_all(ledger, known)
            return self.prune(curve, Reason.UNLIKELY_TO_WIN, {**evidence, "risk": cost}, rung)
        return self.keep(curve, Reason.LIKELY_ENOUGH, evidence, rung)

    def _target(
        self, ledger: Ledger, curve: Curve, rung: int, known: int, own: Forecast
    ) -> Decision:
        assert ledger.terms.target is not None
        probability = beyond(own, ledger.score(ledger.terms.target))
        evidence: Evidence = {
            "probability": probability,
            "target": ledger.terms.target,
            "limit": self.risk / known,
            "end": ledger.user(own.mean),
        }
        if probability < self.risk / known:
            cost = probability * known / trials_in_all(ledger, known)
            evidence = {**evidence, "risk": cost}
            return self.prune(curve, Reason.UNLIKELY_TO_REACH_TARGET, evidence, rung)
        return self.keep(curve, Reason.MAY_REACH_TARGET, evidence, rung)


def _ranked(ledger: Ledger, course: DenseRungs, rung: int, own: float) -> Evidence:
    known = course.known(rung)
    kept = -(-known // RiskScale.of(ledger.terms.edition).kept_one_in)
    column = course.columns[rung]
    cut = column[-min(kept, len(column))][0]
    return {
        "value": ledger.user(own),
        "threshold": ledger.user(cut),
        "kept": kept,
        "peers": known,
    }


def forecast(course: DenseRungs, reaches: list[Reach], trial: int) -> Forecast:
    """Foresee a trial's final score from the last rung that it reached."""
    scores = course.scores[trial]
    rung = len(scores) - 1
    reach = reaches[rung]
    score = scores[rung]
    mean = reach.mean(score, scores[rung - 1] if rung else score)
    return Forecast(trial, mean, sqrt(reach.variance), reach.freedom)


def widened(own: Forecast, course: DenseRungs, reaches: list[Reach], rung: int) -> Forecast:
    """Widen a forecast by how far completed trials ended from theirs at the same rung."""
    reach, scale = reaches[rung], sqrt(reaches[rung].variance)
    squares, count = 0.0, 0
    if scale > 0.0:
        for end, trial in course.best_ended(MOST_ENDED_CHECKED):
            scores = course.scores[trial]
            if len(scores) > rung:
                score = scores[rung]
                foreseen = reach.mean(score, scores[rung - 1] if rung else score)
                off = min(10.0, abs(end - foreseen) / scale)
                squares += off * off
                count += 1
    factor = (FORECAST_WEIGHT_TRIALS + squares) / (FORECAST_WEIGHT_TRIALS + count)
    if not factor > 1.0:
        return own
    return Forecast(own.trial, own.mean, own.scale * sqrt(factor), own.freedom)


def best_rivals(running: Rivals, reaches: list[Reach], trial: int) -> list[Forecast]:
    """Foresee the best other trials: the leader of those that ended, and running ones."""
    course = running.course
    best = [
        forecast(course, reaches, other) for other in running.best(reaches, trial, RIVALS_COMPARED)
    ]
    if course.columns[-1]:
        score, other = course.columns[-1][-1]
        best.append(Forecast(other, score, 0.0, inf))
    return best or [Forecast(trial, -inf, 0.0, inf)]


def beyond(own: Forecast, score: float) -> float:
    """Return the probability that a trial ends at least at a score."""
    if not own.scale > 0.0:
        return 1.0 if own.mean >= score else 0.0
    return float(stdtr(own.freedom, (own.mean - score) / own.scale))


def win(own: Forecast, rivals: list[Forecast]) -> float:
    """Return the probability that a trial ends better than all its rivals, taken as independent.

    The integral over the upper half of the trial's own distribution, by the trapezium rule over
    its tail probabilities; what lies below the best ended trial counts nothing.
    """
    ended = max((rival.mean for rival in rivals if not rival.scale > 0.0), default=-inf)
    most = min(TAIL_PROBABILITIES[0], beyond(own, ended)) if ended > -inf else TAIL_PROBABILITIES[0]
    if most <= TAIL_PROBABILITIES[-1] or not own.scale > 0.0:
        return most if own.scale > 0.0 else float(own.mean >= ended)
    # The tail probabilities down to 0, where the trial beats everybody.
    tail = np.array([most, *(t for t in TAIL_PROBABILITIES if t < most), 0.0])
    best = np.ones(len(tail))
    running = [(r.freedom, r.mean, r.scale) for r in rivals if r.scale > 0.0]
    if running:
        freedom, mean, scale = np.array(running).T[:, :, np.newaxis]
        with np.errstate(all="ignore"):
            ends = own.mean - own.scale * stdtrit(own.freedom, tail[:-1])
            np.multiply.reduce(stdtr(freedom, (ends - mean) / scale), out=best[:-1])
    return float(((tail[:-1] - tail[1:]) * 0.5 * (best[:-1] + best[1:])).sum())


def worth(course: DenseRungs, started: int, left: int) -> float:
    """Return the least probability of winning that is worth the steps left."""
    mean_steps = max(1.0, course.used / max(1, started))
    return min(0.45, max(0.01, left / mean_steps / (started + 1)))
