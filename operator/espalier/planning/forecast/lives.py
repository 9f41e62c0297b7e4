"""For how long trials hold their nodes, told by those that have ended and by those that run.

The short-lived end first. What ended alone would tell of the short-lived; those that run, and for
how long they have, tell that others live longer (Kaplan and Meier).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lives:
    """The share of trials that hold their nodes for longer than some seconds.

    Parameters
    ----------
    times
        Seconds, ascending from 0.
    survival
        The share that lives for longer than each; 0 for the last.
    """

    times: Array
    survival: Array

    @property
    def mean(self) -> float:
        """Seconds that a trial lives on the mean."""
        return float(np.sum(self.survival[:-1] * np.diff(self.times)))

    @property
    def spread(self) -> float:
        """Standard deviation of that, in parts of the mean."""
        deaths, mean = -np.diff(self.survival), self.mean
        square = float(np.sum(deaths * self.times[1:] ** 2))
        return float(np.sqrt(max(0.0, square - mean * mean)) / mean) if mean > 0.0 else 0.0

    def drawn(self, shares: Array) -> Array:
        """Return the lives that belong to shares between 0 and 1, of which each is as likely."""
        places = np.searchsorted(-self.survival, -(1.0 - shares), side="left")
        found: Array = self.times[np.minimum(places, len(self.times) - 1)]
        return found

    def rest(self, age: float, shares: Array) -> Array:
        """Return what is left of the lives of trials of an age, for shares between 0 and 1."""
        alive = float(self.survival[int(np.searchsorted(self.times, age, side="right")) - 1])
        if alive <= 0.0:
            return np.zeros_like(shares)
        found: Array = np.maximum(0.0, self.drawn(1.0 - alive * (1.0 - shares)) - age)
        return found


def lives_of(ended: Sequence[float], ages: Sequence[float], whole: float | None) -> Lives:
    """Return how long trials live.

    Parameters
    ----------
    ended
        For how long those held a node that have ended, at least one.
    ages
        For how long those have that run.
    whole
        Seconds that a trial takes which runs to its end; None where nothing tells. Of those that
        lived longer than any that has ended, some are taken to come as far.
    """
    lived, running = np.sort(np.asarray(ended, dtype=np.float64)), np.sort(np.asarray(ages))
    deaths, died = np.unique(lived, return_counts=True)
    alive = len(lived) - np.searchsorted(lived, deaths)
    alive = alive + len(running) - np.searchsorted(running, deaths)
    survival = np.concatenate([[1.0], np.cumprod(1.0 - died / alive)])
    times = np.concatenate([[0.0], deaths])
    longest = max(float(times[-1]), float(running[-1]) if len(running) else 0.0)
    if survival[-1] <= 1e-12 and longest <= times[-1]:
        return Lives(times, survival)
    last = max(longest * (1.0 + 1.0 / (len(lived) + 1.0)), whole or 0.0)
    return Lives(np.append(times, last), np.append(survival, 0.0))
