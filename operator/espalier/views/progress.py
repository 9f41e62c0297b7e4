"""The best so far over time: of what was reported, and of what has completed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from espalier.api.reasons import Phase
from espalier.pruning import is_repeat
from espalier.views.gathered import Gathered
from espalier.views.plain import View, time_of
from espalier.views.trials import state_of

MOST_POINTS = 500
"""Improvements that are shown, of each of the two: the newest of more."""


def progress_view(gathered: Gathered) -> View:
    """Return each improvement of the best: when, by which trial, to what.

    `reported` takes every value into account, at whatever step; `completed` the last value of each
    trial that completed, which is what the best trial is named by. Repeats of finalists count in
    neither, trials that failed not in `completed`.
    """
    terms = gathered.study.terms
    return {
        "metric": terms.metric,
        "direction": terms.direction.value,
        "target": terms.target,
        "reported": _points(gathered, *_reported(gathered)),
        "completed": _points(gathered, *_completed(gathered)),
    }


Columns = tuple[Sequence[float], Sequence[float], Sequence[int]]
"""When values came, the values, and whose they are."""


def _reported(gathered: Gathered) -> Columns:
    """Return those values of all that were better than all before them: there may be millions."""
    trials = [number for number in gathered.values if not is_repeat(number)]
    columns = [gathered.values[number] for number in trials]
    if not columns:
        return (), (), ()
    at, value = (np.concatenate([getattr(each, of) for each in columns]) for of in ("at", "values"))
    number = np.repeat(trials, [len(each) for each in columns])
    order = np.lexsort((number, at))
    scores = value[order] * gathered.study.terms.direction.score(1.0)
    highest = np.maximum.accumulate(np.where(np.isfinite(scores), scores, -np.inf))
    better = order[np.flatnonzero(highest > np.concatenate(([-np.inf], highest[:-1])))]
    return at[better].tolist(), value[better].tolist(), number[better].tolist()


def _completed(gathered: Gathered) -> Columns:
    at, value, number = [], [], []
    for trial, end in gathered.ends.items():
        values = gathered.counted(trial)
        place = values.latest()
        if place is None or is_repeat(trial):
            continue
        if state_of(gathered, trial) == Phase.COMPLETED:
            at.append(end.end.at)
            value.append(values.values[place])
            number.append(trial)
    return at, value, number


def _points(
    gathered: Gathered, at: Sequence[float], values: Sequence[float], numbers: Sequence[int]
) -> list[View]:
    """Return where the best becomes better, in the order of time."""
    score, best = gathered.study.terms.direction.score, -math.inf
    points: list[View] = []
    for when, number, value in sorted(zip(at, numbers, values, strict=True)):
        if math.isfinite(value) and score(value) > best:
            best = score(value)
            points.append({"at": time_of(when), "value": value, "trial": number})
    return points[-MOST_POINTS:]
