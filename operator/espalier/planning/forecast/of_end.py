"""When a study will end: what is left of it is played many times by what its trials have shown.

Those that run live on, those that are left take the slots that become free, each after a while
without a node. ``docs/adr/0201`` has how often the end lay within what was said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from espalier.planning.forecast.lives import Array, Lives, lives_of

SHARE = 0.8
"""How often the end is to lie within the bounds."""
ENOUGH = 5
"""Trials that must have ended before anything is said."""
_LOW, _MIDDLE, _HIGH = 0.5 - SHARE / 2, 0.5, 0.5 + SHARE / 2
_PLAYS, _FEW_PLAYS, _MANY_SLOTS = 128, 32, 64
_STARTS = 300
"""So many of the last starts are played; the time until then is reckoned."""
_NEVER = 1e10
"""Seconds from one end to the next with which a slot stands as good as still: three centuries."""
_DRIFT = 0.15
"""Standard deviation, in parts, of what trials to come are like, beyond what the known ones tell:
the pruner learns, and so does the sampler."""
_FEW = 1.4
"""By how much more the mean of few lives may be off than they themselves tell."""
_DRAWN = 20261130
"""What the plays are drawn from: the same course gives the same forecast."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of a study's course at one moment.

    Parameters
    ----------
    now, start
        The moment, and when the study began; in seconds since the epoch.
    ended
        For how long trials held nodes that have ended, of late.
    young
        For how long trials have held nodes that go on, and began with those that ended of late.
    old
        The same for those that began before.
    held
        Seconds for which all pods have held nodes, of all trials.
    left
        How many trials have not begun.
    slots
        How many may run at once.
    whole
        Seconds that a trial takes which runs to its end; None where nothing tells.
    recent
        How many have ended since when; None where too few have.
    """

    now: float
    start: float
    ended: Sequence[float]
    young: Sequence[float]
    held: float
    left: int
    slots: int
    old: Sequence[float] = ()
    whole: float | None = None
    recent: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class EndForecast:
    """When a study will end; in seconds since the epoch.

    Parameters
    ----------
    end
        As likely before as after.
    low, high
        Between these it lies in `SHARE` of all studies.
    last_start
        When the last trial will start; `now` where all have.
    at_once
        How many trials run at once, on the mean.
    life
        Seconds that a trial holds a node, on the mean.
    """

    end: float
    low: float
    high: float
    last_start: float
    at_once: float
    life: float


def forecast(course: Course) -> EndForecast | None:
    """Tell when a study will end; None while too few trials have ended."""
    if len(course.ended) < ENOUGH or course.now <= course.start or course.slots < 1:
        return None
    lives = lives_of(course.ended, course.young, course.whole)
    mean, ages = lives.mean, (*course.old, *course.young)
    pace = _pace(course, mean)
    if mean <= 0.0 or pace <= 0.0 or course.slots / pace > _NEVER:
        return None
    gap = max(0.0, course.slots / pace - mean)
    starts, ends = _played(course, lives, ages, gap)
    low, middle, high = (float(np.quantile(ends, share)) for share in (_LOW, _MIDDLE, _HIGH))
    return EndForecast(
        end=course.now + middle,
        low=course.now + low,
        high=course.now + high,
        last_start=course.now + float(np.quantile(starts, _MIDDLE)),
        at_once=min(float(course.slots), pace * mean),
        life=mean,
    )


def _pace(course: Course, mean: float) -> float:
    """Return how many trials end in a second.

    At first from how many have run at once, and how long a trial lives: the first endings tell of
    the short-lived alone. Later from how many have ended of late.
    """
    at_once = min(course.held / (course.now - course.start), float(course.slots))
    whole = at_once / mean if mean > 0.0 else 0.0
    if course.recent is None or whole <= 0.0 or course.now <= course.recent[1]:
        return whole
    count, since = course.recent
    weight = count / (count + 2.0 * course.slots)
    late = count / (course.now - since)
    return math.exp(weight * math.log(late) + (1.0 - weight) * math.log(whole))


def _played(course: Course, lives: Lives, ages: Sequence[float], gap: float) -> tuple[Array, Array]:
    """Return of each play after how many seconds the last trial starts, and the last one ends."""
    plays = _PLAYS if course.slots <= _MANY_SLOTS else _FEW_PLAYS
    chance = np.random.default_rng(_DRAWN)
    few = 1.0 / math.sqrt(len(course.ended))
    scale = np.exp(chance.normal(0.0, math.hypot(_DRIFT, _FEW * lives.spread * few), plays))
    gaps = gap * np.exp(chance.normal(0.0, few, plays))
    free = np.zeros((plays, max(course.slots, len(ages), 1)))
    for slot, age in enumerate(ages):
        free[:, slot] = lives.rest(age, chance.random(plays)) * scale
    ends = free.max(axis=1)
    before = max(0, course.left - _STARTS)
    free += (before * (lives.mean * scale + gaps) / course.slots)[:, np.newaxis]
    starts, rows = np.zeros(plays), np.arange(plays)
    for _ in range(course.left - before):
        slot = free.argmin(axis=1)
        starts = free[rows, slot] + gaps * chance.exponential(1.0, plays)
        free[rows, slot] = starts + lives.drawn(chance.random(plays)) * scale
    return starts, np.maximum(ends, free.max(axis=1)) if course.left else ends
