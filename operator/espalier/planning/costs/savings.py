"""What pruning has saved: what the pruned trials would still have cost. Pure.

Nobody sees what a trial that was stopped would have cost. The study's completed trials tell: the
steps that they really took, not the ones that the spec allows, and for each of these steps the
time that passed between the pruned trial's own reports, in which there is neither start-up nor
grace period. The fewer its reports, the more the others' pace counts. ``docs/adr/0088`` has what
was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from espalier.planning.world.record import TrialRecord
from espalier.pruning import TrialState

Array = NDArray[np.float64]

_QUARTILES = (0.25, 0.75)
_CREDIBLE = 4.0
"""Steps at which a trial's own pace has the same weight as what the others tell of it.

The time between two reports is that between their arrivals, which may be late, the first one above
all; over some steps that is little.
"""


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
    places
        The column of each trial, by its number; none of one that an earlier version recorded,
        which did not tell how long it held a node: its steps count, and nothing else.
    devices
        Accelerators that each held, on the mean over its time.
    steps, seconds
        Expected value, lower and upper bound (rows) for each trial (columns); `seconds` is None
        where no trial tells how long a step takes.
    """

    places: Mapping[int, int]
    devices: Array
    steps: Array
    seconds: Array | None = None

    @property
    def total(self) -> Saved:
        """All trials together."""
        steps = _estimate(self.steps.sum(axis=1))
        if self.seconds is None:
            return Saved(steps)
        gpus = self.seconds * self.devices
        return Saved(steps, _estimate(self.seconds.sum(axis=1)), _estimate(gpus.sum(axis=1)))

    def of(self, number: int) -> Saved | None:
        """Return what one trial would still have cost; None if it was not pruned."""
        place = self.places.get(number)
        if place is None:
            return None
        steps = _estimate(self.steps[:, place])
        if self.seconds is None:
            return Saved(steps)
        seconds = self.seconds[:, place]
        return Saved(steps, _estimate(seconds), _estimate(seconds * self.devices[place]))


@dataclass(frozen=True, slots=True)
class Experience:
    """What the trials that have ended tell about the ones that were stopped.

    Parameters
    ----------
    last_steps
        The steps at which the completed trials ended, in ascending order.
    pace
        Seconds a step, on the mean over the trials that reported two steps, each with the weight
        that its own pace has; None if none did.
    pace_low, pace_high
        The quartiles of these paces.
    pace_band
        The same in units of their median.
    start_up
        Seconds that a trial holds its node besides its steps: the upper quartile of the completed
        trials, so that an ordinary start is not taken for a long grace period.
    dearest
        Most seconds for which a completed trial held its nodes.
    """

    last_steps: Array
    pace: float | None = None
    pace_low: float = 0.0
    pace_high: float = 0.0
    pace_band: tuple[float, float] = (1.0, 1.0)
    start_up: float = 0.0
    dearest: float = 0.0

    def estimates(self, pruned: Sequence[TrialRecord]) -> Estimates:
        """Estimate what each of some pruned trials would still have cost."""
        steps = np.array([_step(trial) for trial in pruned], dtype=np.float64)
        left, least, most = self._left(steps)
        held = np.array([trial.end.held if trial.end else 0.0 for trial in pruned])
        places = {t.number: n for n, t in enumerate(pruned) if held[n] > 0.0}
        devices = np.array([_devices(trial) for trial in pruned])
        if self.pace is None:
            return Estimates(places, devices, np.stack([left, least, most]))
        last = np.array([_held_last(trial) for trial in pruned])
        own = np.array([_pace(trial) or np.nan for trial in pruned])
        trust = np.array([_trust(trial) for trial in pruned])
        known = np.where(np.isnan(own), 0.0, own)
        pace = trust * known + (1 - trust) * self.pace
        fast = trust * known * self.pace_band[0] + (1 - trust) * self.pace_low
        slow = trust * known * self.pace_band[1] + (1 - trust) * self.pace_high
        room = np.where(held > 0.0, np.maximum(0.0, self.dearest - held), 0.0)
        whole = self.start_up + pace * (steps + left)
        expected = np.clip(pace * left, 0.0, np.minimum(room, np.maximum(0.0, whole - last)))
        low = np.minimum(expected, fast * least)
        high = np.maximum(expected, np.minimum(slow * most, room))
        return Estimates(
            places, devices, np.stack([left, least, most]), np.stack([expected, low, high])
        )

    def _left(self, steps: Array) -> tuple[Array, Array, Array]:
        """Return the mean and the quartiles of the steps left, by trials that went further."""
        distinct, places = np.unique(steps, return_inverse=True)
        found = np.array([self._left_after(step) for step in distinct]).reshape(-1, 3)[places]
        return found[:, 0], found[:, 1], found[:, 2]

    def _left_after(self, step: float) -> tuple[float, float, float]:
        further = self.last_steps[np.searchsorted(self.last_steps, step, side="right") :] - step
        if not further.size:
            return 0.0, 0.0, 0.0
        low, high = _quartiles(further)
        mean = float(further.mean())
        return mean, min(low, mean), max(high, mean)


def experience_of(trials: Iterable[TrialRecord]) -> Experience | None:
    """Gather what a study's trials tell; None while none has completed."""
    trials = [trial for trial in trials if trial.end is not None]
    completed = [t for t in trials if _ended(t, TrialState.COMPLETED) and t.step is not None]
    if not completed:
        return None
    last_steps = np.sort(np.array([trial.step for trial in completed], dtype=np.float64))
    timed = [trial for trial in completed if trial.end and trial.end.held > 0]
    paced = [trial for trial in (*completed, *pruned_of(trials)) if _pace(trial)]
    if not paced or not timed:
        return Experience(last_steps)
    paces = np.array([_pace(trial) for trial in paced], dtype=np.float64)
    trust = np.array([_trust(trial) for trial in paced])
    pace, median = float(np.average(paces, weights=trust)), float(np.median(paces))
    low, high = _quartiles(paces)
    aside = [_held_last(trial) - (_pace(trial) or pace) * _step(trial) for trial in timed]
    return Experience(
        last_steps,
        pace=pace,
        pace_low=low,
        pace_high=high,
        pace_band=(low / median, high / median),
        start_up=max(0.0, float(np.quantile(aside, _QUARTILES[1]))),
        dearest=max(trial.end.held for trial in timed if trial.end),
    )


def estimates_of(trials: Iterable[TrialRecord]) -> Estimates | None:
    """Estimate what pruning has saved in a study; None while no trial has completed.

    Parameters
    ----------
    trials
        All of the study's, ended or not.
    """
    trials = tuple(trials)
    experience = experience_of(trials)
    return None if experience is None else experience.estimates(pruned_of(trials))


def pruned_of(trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the trials whose pruning has come to its end."""
    return [trial for trial in trials if _ended(trial, TrialState.PRUNED)]


def _ended(trial: TrialRecord, state: TrialState) -> bool:
    return trial.end is not None and trial.end.state == state


def _step(trial: TrialRecord) -> float:
    return float(trial.step or 0)


def _pace(trial: TrialRecord) -> float | None:
    """Return the seconds a step between the trial's reports; None where they do not tell."""
    pace = trial.end.pace if trial.end is not None and trial.end.pace else trial.pace
    return pace if pace is not None and 0.0 < pace < float("inf") else None


def _trust(trial: TrialRecord) -> float:
    """Return the weight of a trial's own pace against that of the others, from 0 to 1."""
    steps = max(1.0, _step(trial) - 1.0)
    return steps / (steps + _CREDIBLE) if _pace(trial) else 0.0


def _held_last(trial: TrialRecord) -> float:
    """Return the seconds for which the last attempt held a node: all but those of the others."""
    held = trial.end.held if trial.end is not None else 0.0
    return max(0.0, held - sum(attempt.held for attempt in trial.attempts[:-1]))


def _devices(trial: TrialRecord) -> float:
    end = trial.end
    return end.gpu_seconds / end.held if end is not None and end.held > 0 else 0.0


def _estimate(row: Array) -> Estimate:
    expected, low, high = row.tolist()
    return Estimate(expected, low, high)


def _quartiles(values: Array) -> tuple[float, float]:
    """Return the quartiles of what such values were drawn from: of few, the extremes."""
    low, high = np.quantile(values, _QUARTILES, method="weibull")
    return float(low), float(high)
