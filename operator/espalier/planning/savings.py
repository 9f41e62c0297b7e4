"""What pruning has saved: what the pruned trials would still have cost. Pure.

Nobody sees what a trial that was stopped would have cost. The study's completed trials tell: the
steps that they really took, not the ones that the spec allows, and for each of these steps the
time that passed between the pruned trial's own reports, in which there is neither start-up nor
grace period. ``docs/adr/0088`` has what was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from espalier.planning.record import TrialRecord
from espalier.pruning import TrialState

Array = NDArray[np.float64]

_QUARTILES = (0.25, 0.75)


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
class Experience:
    """What the trials that have ended tell about the ones that were stopped.

    Parameters
    ----------
    last_steps
        The steps at which the completed trials ended, in ascending order.
    pace
        Seconds a step, on the mean over the trials that reported two steps; None if none did.
    pace_band
        The quartiles of these paces, in units of their median.
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

    def saved(self, pruned: Sequence[TrialRecord]) -> Saved:
        """Estimate what some pruned trials would still have cost, all together."""
        steps = np.array([_step(trial) for trial in pruned], dtype=np.float64)
        left, least, most = self._left(steps)
        saved_steps = Estimate(float(left.sum()), float(least.sum()), float(most.sum()))
        if self.pace is None:
            return Saved(saved_steps)
        held = np.array([trial.end.held if trial.end else 0.0 for trial in pruned])
        own = np.array([_pace(trial) or np.nan for trial in pruned])
        last = np.array([_held_last(trial) for trial in pruned])
        pace = np.where(np.isnan(own), self.pace, own)
        slow = np.where(np.isnan(own), self.pace_high, own * self.pace_band[1])
        fast = np.where(np.isnan(own), self.pace_low, own * self.pace_band[0])
        room = np.maximum(0.0, self.dearest - held)
        whole = self.start_up + pace * (steps + left)
        expected = np.clip(pace * left, 0.0, np.minimum(room, np.maximum(0.0, whole - last)))
        low = np.minimum(expected, fast * least)
        high = np.maximum(expected, np.minimum(slow * most, room))
        devices = np.array([_devices(trial) for trial in pruned])
        return Saved(
            saved_steps,
            Estimate(float(expected.sum()), float(low.sum()), float(high.sum())),
            Estimate(
                float((expected * devices).sum()),
                float((low * devices).sum()),
                float((high * devices).sum()),
            ),
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
    pruned = (trial for trial in trials if _ended(trial, TrialState.PRUNED))
    paces = np.array([pace for trial in (*completed, *pruned) if (pace := _pace(trial))])
    if not paces.size or not timed:
        return Experience(last_steps)
    pace, median = float(paces.mean()), float(np.median(paces))
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


def saved_by(trials: Iterable[TrialRecord]) -> Saved | None:
    """Estimate what pruning has saved in a study; None while no trial has completed.

    Parameters
    ----------
    trials
        All of the study's, ended or not.
    """
    trials = tuple(trials)
    experience = experience_of(trials)
    if experience is None:
        return None
    return experience.saved([trial for trial in trials if _ended(trial, TrialState.PRUNED)])


def _ended(trial: TrialRecord, state: TrialState) -> bool:
    return trial.end is not None and trial.end.state == state


def _step(trial: TrialRecord) -> float:
    return float(trial.step or 0)


def _pace(trial: TrialRecord) -> float | None:
    """Return the seconds a step between the trial's reports; None where they do not tell."""
    pace = trial.end.pace if trial.end is not None and trial.end.pace else trial.pace
    return pace if pace is not None and 0.0 < pace < float("inf") else None


def _held_last(trial: TrialRecord) -> float:
    """Return the seconds for which the last attempt held a node; all of them if that is unknown."""
    held = trial.end.held if trial.end is not None else 0.0
    return min(held, trial.attempts[-1].held) if trial.attempts else held


def _devices(trial: TrialRecord) -> float:
    end = trial.end
    return end.gpu_seconds / end.held if end is not None and end.held > 0 else 0.0


def _quartiles(values: Array) -> tuple[float, float]:
    """Return the quartiles of what such values were drawn from: of few, the extremes."""
    low, high = np.quantile(values, _QUARTILES, method="weibull")
    return float(low), float(high)
