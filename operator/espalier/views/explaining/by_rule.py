"""Which value the rule that pruned a trial would have kept, by the numbers of its decision."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from espalier.pruning import Curve, Decision, Direction, Ledger, OwnValue, Reason, Report, as_judged
from espalier.pruning.history.own_value import own_score
from espalier.views.explaining.doubles import least, next_below
from espalier.views.explaining.roles import ROLES, Measure, overruled_of
from espalier.views.gathered import Gathered

CERTAIN = frozenset(
    {
        Reason.WORSE_THAN_PERCENTILE,
        Reason.WITHIN_PERCENTILE,
        Reason.BEYOND_SLACK,
        Reason.WITHIN_SLACK,
        Reason.BELOW_LOWER,
        Reason.ABOVE_UPPER,
        Reason.PLATEAU,
        Reason.STILL_IMPROVING,
        Reason.BELOW_MINIMUM,
    }
)
"""Rules that certainly keep the value which their numbers name; others look at more than that."""
_WINDOWED = frozenset({"Auto", "Posterior"})
"""Pruners that always take the mean over the last steps."""


def upwards(decision: Decision, direction: Direction) -> bool:
    """Whether it is a larger value that would have been better for the trial."""
    reason = overruled_of(decision) or decision.reason
    if reason in (Reason.BELOW_LOWER, Reason.ABOVE_UPPER):
        return reason is Reason.BELOW_LOWER
    return direction is Direction.MAXIMIZE


def by_rule(gathered: Gathered, decision: Decision, place: int) -> float | None:
    """Return the least good value that the rule keeps, in the user's sign; None if it names none.

    Parameters
    ----------
    decision
        What was decided.
    place
        Of the value that led to it, among the trial's.
    """
    cut = _cut(decision, gathered.study.terms.direction)
    if cut is None or not math.isfinite(cut):
        return None
    if _own_value(decision) is not OwnValue.WINDOW_MEAN:
        return cut
    return _mean_reaches(gathered, decision.trial, place, cut)


def _cut(decision: Decision, direction: Direction) -> float | None:
    """Return what the trial's own value has to be at least as good as."""
    reason, evidence = overruled_of(decision) or decision.reason, decision.evidence
    roles = ROLES[reason]
    cut = evidence.get(roles.cut_off)
    if roles.measure is not Measure.METRIC or not isinstance(cut, int | float):
        return None
    score = direction.score(float(cut))
    if reason in (Reason.PLATEAU, Reason.STILL_IMPROVING):
        score -= _number(decision.settings, "minDelta")
    elif reason in (Reason.BELOW_RUNG_CUT, Reason.TOP_OF_RUNG, Reason.WITHIN_NOISE):
        score -= _number(evidence, "margin")
    elif reason in (
        Reason.BOUND_BELOW_LEADER,
        Reason.BOUND_REACHES_LEADER,
        Reason.BETTER_ON_AVERAGE,
    ):
        return None
    return direction.score(score)


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name, 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def _own_value(decision: Decision) -> OwnValue:
    """Return which of its own values the trial was judged by; the latest where none is named."""
    if decision.pruner in _WINDOWED and decision.settings.get("goal") != "BestUnderBudget":
        return OwnValue.WINDOW_MEAN
    named = decision.settings.get("ownValue")
    return next((each for each in OwnValue if each.value == named), OwnValue.LAST)


def _mean_reaches(gathered: Gathered, trial: int, place: int, cut: float) -> float | None:
    """Return which value lifts the mean over the trial's last steps to a cut-off."""
    terms, values = gathered.study.terms, gathered.values[trial]
    ledger = Ledger(terms)
    score = terms.direction.score

    def take(index: int, value: float) -> None:
        report = Report(trial, values.attempts[index], values.steps[index], value)
        if (judged := as_judged(ledger, report)) is not None:
            ledger.append(judged, values.at[index])

    for index in range(place):
        take(index, values.values[index])
    take(place, values.values[place])
    curve, target = ledger.curve(trial), score(cut)
    if not curve.scores:
        return None

    def reaches(own: float) -> bool:
        return _mean_with(curve, own) >= target

    low = high = target
    spread = max(abs(target), 1.0)
    while reaches(low) and spread < 1e300:
        low, spread = low - spread, spread * 2.0
    spread = max(abs(target), 1.0)
    while not reaches(high) and spread < 1e300:
        high, spread = high + spread, spread * 2.0
    if reaches(low) or not reaches(high):
        return None
    return score(least(reaches, low, high))


def _mean_with(curve: Curve, own: float) -> float:
    curve.scores[-1] = own
    return own_score(curve, OwnValue.WINDOW_MEAN)


def hair_less(value: float, up: bool) -> float:
    """Return the value that is a hair worse, where better is up or down."""
    return next_below(value) if up else -next_below(-value)
