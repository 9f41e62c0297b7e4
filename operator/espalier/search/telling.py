"""What samplers are told of the trials that a log holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, isfinite

from espalier.search.history import History, Outcome, PastTrial, Told


class TellPruned(StrEnum):
    """What samplers are told of pruned trials."""

    FORECAST = "Forecast"
    """The value that each is expected to have ended with, never better than the best seen."""
    AS_PRUNED = "AsPruned"
    """That it was pruned, with its last step and value: it ranks behind all that completed."""
    IGNORE = "Ignore"
    """Nothing."""


@dataclass(frozen=True, slots=True)
class ExpectedScore:
    """The score that a pruned trial is expected to have ended with, and its standard deviation."""

    score: float
    deviation: float


def tell(
    trials: Iterable[PastTrial],
    pruned: TellPruned,
    forecasts: Mapping[int, ExpectedScore],
) -> History:
    """Return the trials with what samplers are told of them.

    A completed trial is told by its last score, a diverged one by the worst score that any trial
    was told by, whether it was pruned or not; a failed one is infeasible.

    Parameters
    ----------
    trials
        As the log has them.
    pruned
        What is told of pruned trials.
    forecasts
        By place in `trials`, of pruned ones; without one a trial is told as pruned.
    """
    found = list(trials)
    best = max((each.scores[-1] for each in found if _completed(each)), default=inf)
    told = [_told(each, pruned, forecasts.get(i), best) for i, each in enumerate(found)]
    return _with_diverged(told)


def _completed(trial: PastTrial) -> bool:
    return trial.outcome is Outcome.COMPLETED and bool(trial.scores) and isfinite(trial.scores[-1])


def _told(
    trial: PastTrial, pruned: TellPruned, forecast: ExpectedScore | None, best: float
) -> PastTrial:
    last = trial.last_score
    match trial.outcome:
        case Outcome.RUNNING:
            return replace(trial, told=Told.RUNNING)
        case Outcome.FAILED:
            return replace(trial, told=Told.INFEASIBLE)
        case Outcome.COMPLETED if last is not None:
            return replace(trial, told=Told.VALUE, score=last)
        case Outcome.PRUNED if last is not None and not isfinite(last):
            return replace(trial, told=Told.VALUE, score=last)
        case Outcome.PRUNED if pruned is not TellPruned.IGNORE:
            if pruned is TellPruned.FORECAST and forecast is not None:
                score = min(forecast.score, best)
                return replace(trial, told=Told.VALUE, score=score, deviation=forecast.deviation)
            return replace(trial, told=Told.PRUNED)
    return replace(trial, told=Told.NOTHING)


def _with_diverged(told: Sequence[PastTrial]) -> History:
    scores = [each.score for each in told if each.score is not None and isfinite(each.score)]
    worst = min(scores, default=0.0)
    return tuple(
        replace(each, score=worst)
        if each.told is Told.VALUE and each.score is not None and not isfinite(each.score)
        else each
        for each in told
    )
