"""What pruned trials are expected to have come to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import hypot, isfinite, nan, sqrt
from statistics import median

from espalier.search import ExpectedScore, Outcome, PastTrial

FEWEST = 4
"""Fewer completed trials do not tell how scores go on from a step."""


def forecasts_of(trials: Sequence[PastTrial], horizon: int) -> Mapping[int, ExpectedScore]:
    """Return the expected final score of pruned trials, by their places in `trials`.

    It is the last score, and what completed trials have gained from that step on: their median.
    Trials that were pruned at one step keep their order. Completed trials are the better ones, and
    gain less than the pruned would have; what allows for that by the scores themselves foresees
    ends a little better, and ranks worse (ADR 0175).

    The deviation is the root mean square of those gains: on recorded curves two thirds of the
    pruned would have ended within it.

    Parameters
    ----------
    trials
        As the log has them.
    horizon
        The step at which final values are compared; what came after it does not count.
    """
    completed = [each for each in trials if each.outcome is Outcome.COMPLETED]
    gains: dict[int, ExpectedScore | None] = {}
    found: dict[int, ExpectedScore] = {}
    for place, trial in enumerate(trials):
        if trial.outcome is not Outcome.PRUNED or trial.last_step is None:
            continue
        step = min(trial.last_step, horizon)
        if step not in gains:
            gains[step] = _gain(completed, step, horizon)
        gain = gains[step]
        if gain is not None and isfinite(end := _score(trial, step) + gain.score):
            found[place] = ExpectedScore(end, gain.deviation)
    return found


def _gain(completed: Sequence[PastTrial], step: int, horizon: int) -> ExpectedScore | None:
    """Return what completed trials gained from a step on, where enough of them tell."""
    gains = [_score(each, horizon) - _score(each, step) for each in completed]
    known = [gain for gain in gains if isfinite(gain)]
    if len(known) < FEWEST:
        return None
    deviation = hypot(*(gain / sqrt(len(known)) for gain in known))
    return ExpectedScore(median(known), deviation) if isfinite(deviation) else None


def _score(trial: PastTrial, step: int) -> float:
    """Return a trial's score at a step: the last one up to it; NaN if there is none."""
    at = bisect_right(trial.steps, step)
    return trial.scores[at - 1] if at else nan
