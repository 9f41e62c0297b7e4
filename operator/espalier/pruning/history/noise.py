"""How much of a study's last values is noise, by how they jump from step to step."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise
from math import inf, isfinite, isnan, pi, sqrt
from statistics import median

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.report import TrialState

FEWEST_VALUES = 5
"""A curve of fewer finite values tells nothing of its noise."""
MOST_VALUES = 16
"""So many of a curve's last values tell of its noise."""
FEWEST_MOVES = 3
"""A curve whose last values move more seldom tells nothing of their grain."""
MOST_LEADERS = 10
"""So many of the best completed trials tell of the study's noise."""
FEWEST_LEADERS = 3
"""Before so many have completed, nothing is said."""
_PER_JUMP = 1.0 / sqrt(6.0 * 2.0 / pi)
"""A second difference of independent noise has six times its variance, and the mean absolute value
of a normal variable is the square root of 2 / pi of its deviation."""

Entry = tuple[float, int, float, float]
"""A last score, the number of its trial, and the noise and the grain of its last values."""


def noise_of(scores: Sequence[float]) -> float | None:
    """Return the standard deviation of a curve's last values around its course.

    By the mean absolute second difference of the newest finite scores, the largest one left out: a
    straight course counts as none, and so does a single jump.

    Parameters
    ----------
    scores
        Step by step, the newest last.

    Returns
    -------
    float or None
        In units of the scores; None where there are too few.
    """
    last = [score for score in scores[-MOST_VALUES:] if isfinite(score)]
    if len(last) < FEWEST_VALUES:
        return None
    triples = zip(last, last[1:], last[2:], strict=False)
    jumps = sorted(abs(a - 2.0 * b + c) for a, b, c in triples)[:-1]
    found = _PER_JUMP * sum(jumps) / len(jumps)
    return found if isfinite(found) else None


def grain_of(scores: Sequence[float]) -> float:
    """Return the least by which a curve's last values differ from the value before, where they do.

    On a validation set of 60 cases an accuracy moves by one case at a time. Values that are not
    counted differ by next to nothing somewhere.

    Parameters
    ----------
    scores
        Step by step, the newest last.

    Returns
    -------
    float
        In units of the scores; infinite where hardly a value differs from the one before: a jump
        is no grain.
    """
    differences = (abs(b - a) for a, b in pairwise(scores[-MOST_VALUES:]))
    moves = [difference for difference in differences if 0.0 < difference < inf]
    return min(moves) if len(moves) >= FEWEST_MOVES else inf


class LeadersNoise:
    """The noise of the last values of the trials that lead the study, one by one."""

    def __init__(self) -> None:
        self._ended: list[Entry] = []
        self._known: dict[int, Entry] = {}
        self._last: tuple[float | None, float] | None = None

    @staticmethod
    def of(ledger: Ledger) -> LeadersNoise:
        """Return the ledger's."""
        return ledger.derived("leaders' noise", lambda _: LeadersNoise())

    def level(self) -> float | None:
        """Return the median of the leaders' noise, in units of the metric; None if none tells."""
        return self._told()[0]

    def grain(self) -> float:
        """Return the least of the leaders' grains, in units of the metric; 0 if none tells."""
        return self._told()[1]

    def _told(self) -> tuple[float | None, float]:
        """Return level and grain, taken anew where the leaders may be others."""
        if self._last is None:
            leaders = self._ended[-MOST_LEADERS:]
            noises = [noise for _, _, noise, _ in leaders]
            finest = min((grain for _, _, _, grain in leaders), default=inf)
            level = median(noises) if len(leaders) >= FEWEST_LEADERS else None
            self._last = (level, finest if isfinite(finest) else 0.0)
        return self._last

    def on_append(self, curve: Curve) -> None:
        """Nothing is said of a trial that goes on."""

    def on_close(self, curve: Curve) -> None:
        """Take in a trial that completed."""
        if curve.left or curve.state is not TrialState.COMPLETED or isnan(curve.last):
            return
        noise = noise_of(curve.scores[-MOST_VALUES:])
        if noise is not None:
            grain = grain_of(curve.scores)
            entry = self._known[curve.number] = (curve.last, curve.number, noise, grain)
            insort(self._ended, entry)
            self._last = None

    def on_leave(self, curve: Curve) -> None:
        """Forget a trial that left the window."""
        entry = self._known.pop(curve.number, None)
        if entry is not None:
            del self._ended[bisect_left(self._ended, entry)]
            self._last = None
