"""What pruning has saved: what the pruned trials would still have cost. Pure.

Nobody sees what a trial that was stopped would have cost. The study's completed trials tell: the
steps that they really took, not the ones that the spec allows, and for each of these steps the
time that passed between the pruned trial's own reports, in which there is neither start-up nor
grace period. The fewer its reports, the more the others' pace counts. ``docs/adr/0088`` has what
was measured.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from espalier.planning.world import ended_costs
from espalier.planning.world.ended_costs import Array, EndedCosts
from espalier.planning.world.exact import nearest

_LOWER, _UPPER = 0.25, 0.75
"""The quartiles."""
_ROUNDING = 0.0501
"""By how much what is said of steps or seconds may be off because it was rounded, and more."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expected value, and the band that the completed trials' quartiles span around it."""

    expected: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Saved:
    """What pruned trials would still have cost.

    Parameters
    ----------
    steps
        Steps that they would still have done.
    trial_seconds
        Seconds for which their pods would still have held a node; None where no trial tells how
        long a step takes.
    gpu_seconds
        The same, times the accelerators that each held.
    """

    steps: Estimate
    trial_seconds: Estimate | None = None
    gpu_seconds: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Estimates:
    """What each of a study's pruned trials would still have cost.

    Parameters
    ----------
    numbers
        Of the trials, in ascending order.
    timed
        Whether each is known to have held a node: an earlier version did not record for how long;
        of such a trial the steps count, and nothing else.
    devices
        Accelerators that each held, on the mean over its time.
    steps, seconds
        Expected value, lower and upper bound (rows) for each trial (columns); `seconds` is None
        where no trial tells how long a step takes.
    total
        All trials together.
    """

    numbers: Array
    timed: NDArray[np.bool_]
    devices: Array
    steps: Array
    seconds: Array | None
    total: Saved

    def of(self, number: int) -> Saved | None:
        """Return what one trial would still have cost; None if it was not pruned."""
        place = int(np.searchsorted(self.numbers, number))
        if place == len(self.numbers) or self.numbers[place] != number or not self.timed[place]:
            return None
        steps = _estimate(self.steps[:, place])
        if self.seconds is None:
            return Saved(steps)
        seconds = self.seconds[:, place]
        return Saved(steps, _estimate(seconds), _estimate(seconds * self.devices[place]))


@dataclass(frozen=True, slots=True)
class Experience:
    """What the trials that have completed tell of time.

    Parameters
    ----------
    pace
        Seconds a step, on the mean over the trials that reported two steps, each with the weight
        that its own pace has.
    pace_low, pace_high
        The quartiles of these paces.
    median
        Their median.
    start_up
        Seconds that a trial holds its node besides its steps: the upper quartile of the completed
        trials, so that an ordinary start is not taken for a long grace period.
    dearest
        Most seconds for which a trial may hold its nodes: of n completed ones the dearest is, on
        the mean, short of that by one part in n + 1.
    """

    pace: float
    pace_low: float
    pace_high: float
    median: float
    start_up: float
    dearest: float


def experience_of(costs: EndedCosts) -> Experience | None:
    """Gather what trials tell of time; None where none tells how long a step takes."""
    paces = costs.paces
    if not paces or not costs.held:
        return None
    pace = nearest(costs.weighted) / nearest(costs.weights)
    slow = sorted(held - pace * step for held, step in costs.slow.values())
    aside = _Union(costs.asides, slow)
    return Experience(
        pace=pace,
        pace_low=_weibull(paces, _LOWER),
        pace_high=_weibull(paces, _UPPER),
        median=_between(paces, 0.5 * (len(paces) - 1)),
        start_up=max(0.0, _between(aside, _UPPER * (len(aside) - 1))),
        dearest=costs.held[-1] * (1.0 + 1.0 / len(costs.held)),
    )


def estimates_from(costs: EndedCosts) -> Estimates | None:
    """Estimate what pruning has saved in a study; None while no trial has completed."""
    if not costs.last_steps:
        return None
    return costs.derived(_estimates)


def _estimates(costs: EndedCosts) -> Estimates:
    rows = costs.pruned.cells.copy()
    held = rows[ended_costs.HELD]
    numbers, timed, devices = rows[ended_costs.NUMBER], held > 0.0, rows[ended_costs.DEVICES]
    steps = _left(costs, rows[ended_costs.STEP])
    experience = experience_of(costs)
    if experience is None:
        total = Saved(_estimate(steps.sum(axis=1)))
        return Estimates(numbers, timed, devices, steps, None, total)
    seconds = _seconds(experience, rows, steps)
    total = Saved(
        _estimate(steps.sum(axis=1)),
        _estimate(seconds.sum(axis=1)),
        _estimate((seconds * devices).sum(axis=1)),
    )
    return Estimates(numbers, timed, devices, steps, seconds, total)


def _seconds(known: Experience, rows: Array, steps: Array) -> Array:
    """Estimate for how long pruned trials would still have held a node."""
    left, least, most = steps
    held, last, trust = (rows[n] for n in (ended_costs.HELD, ended_costs.LAST, ended_costs.TRUST))
    own = trust * np.nan_to_num(rows[ended_costs.PACE])
    others = 1 - trust
    pace = own + others * known.pace
    fast = own * (known.pace_low / known.median) + others * known.pace_low
    slow = own * (known.pace_high / known.median) + others * known.pace_high
    room = np.where(held > 0.0, np.maximum(0.0, known.dearest - held), 0.0)
    whole = known.start_up + pace * (rows[ended_costs.STEP] + left)
    expected = np.clip(pace * left, 0.0, np.minimum(room, np.maximum(0.0, whole - last)))
    low = np.minimum(expected, fast * least)
    high = np.maximum(expected, np.minimum(slow * most, room))
    return np.stack([expected, low, high])


def _left(costs: EndedCosts, steps: Array) -> Array:
    """Return the mean and the quartiles of the steps left, by trials that went further."""
    ends = np.array(sorted(costs.last_steps), dtype=np.float64)
    counts = np.array([costs.last_steps[int(end)] for end in ends], dtype=np.float64)
    distinct = np.array(sorted(costs.pruned.steps), dtype=np.float64)
    found = np.array([_left_after(step, ends, counts) for step in distinct.tolist()])
    places: NDArray[np.intp] = np.searchsorted(distinct, steps)
    return np.ascontiguousarray(found.reshape(-1, 3)[places].T)


def _left_after(step: float, ends: Array, counts: Array) -> tuple[float, float, float]:
    first = int(np.searchsorted(ends, step, side="right"))
    further, upto = ends[first:] - step, np.cumsum(counts[first:])
    if not further.size:
        return 0.0, 0.0, 0.0
    mean = float(further @ counts[first:] / upto[-1])
    ranked = _Counted(further.tolist(), upto.tolist())
    low, high = _weibull(ranked, _LOWER), _weibull(ranked, _UPPER)
    # Few trials do not tell where the quartiles are; none is beyond what was seen.
    unknown = (high - low) / math.sqrt(len(ranked))
    least, most = max(ranked[0], low - unknown), min(ranked[len(ranked) - 1], high + unknown)
    return mean, min(least, mean), max(most, mean)


def perhaps_off(estimates: Estimates, costs: EndedCosts, material: float) -> list[int]:
    """Return the pruned trials whose objects may say something else of savings than is known.

    All others say about what is known.

    Parameters
    ----------
    estimates
        What is known, made of the same costs.
    material
        Share by which what is said must be off.
    """
    rows = costs.pruned.cells
    off = _off(rows[ended_costs.SAID_STEPS], estimates.steps[0], material)
    if estimates.seconds is not None:
        off |= _off(rows[ended_costs.SAID_SECONDS], estimates.seconds[0], material)
    off &= (rows[ended_costs.TOLD] > 0.0) & estimates.timed
    return [int(number) for number in estimates.numbers[off]]


def _off(said: Array, known: Array, material: float) -> NDArray[np.bool_]:
    # NaN, where nothing was said, is not within any bound.
    return ~(np.abs(said - known) <= material * np.maximum(1.0, known) - _ROUNDING)


def _estimate(row: Array) -> Estimate:
    expected, low, high = row.tolist()
    return Estimate(expected, low, high)


class _Union(Sequence[float]):
    """Two ascending sequences as one, without making it."""

    def __init__(self, many: Sequence[float], few: Sequence[float]) -> None:
        self._many, self._few = many, few
        self._places = [bisect_right(many, value) + n for n, value in enumerate(few)]

    def __len__(self) -> int:
        return len(self._many) + len(self._few)

    def __getitem__(self, place: int) -> float:  # type: ignore[override]
        before = bisect_right(self._places, place)
        if before and self._places[before - 1] == place:
            return self._few[before - 1]
        return self._many[place - before]


class _Counted(Sequence[float]):
    """An ascending sequence of few distinct values, each of them as often as it is counted."""

    def __init__(self, values: list[float], upto: list[float]) -> None:
        self._values, self._upto = values, upto

    def __len__(self) -> int:
        return int(self._upto[-1])

    def __getitem__(self, place: int) -> float:  # type: ignore[override]
        return self._values[bisect_right(self._upto, place)]


def _weibull(values: Sequence[float], share: float) -> float:
    """Return a quantile of what such values were drawn from: of few, the extremes."""
    place = share * (len(values) + 1) - 1
    return _between(values, min(max(place, 0.0), len(values) - 1.0))


def _between(values: Sequence[float], place: float) -> float:
    """Return what stands at a place of an ascending sequence, or between two."""
    below = math.floor(place)
    low, high = values[below], values[min(below + 1, len(values) - 1)]
    part = place - below
    return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part
