"""How long the running trials of a study take from value to value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Reporting:
    """When a trial reported first and last, and how often after the first."""

    first: float
    last: float
    intervals: int = 0

    def mean(self) -> float:
        """Return the mean from value to value."""
        return (self.last - self.first) / self.intervals


class StudyPace:
    """Keeps up to date how often running trials report; times are arguments, in seconds.

    Each trial counts the same, however often it reports, by the mean of what it took from value to
    value: so values that arrive in bursts take nothing from it.
    """

    def __init__(self) -> None:
        self._running: dict[int, _Reporting] = {}
        self._lately: float | None = None

    def reported(self, trial: int, at: float) -> None:
        """Take in that a running trial has reported a value that is new."""
        known = self._running.get(trial)
        if known is None:
            self._running[trial] = _Reporting(at, at)
        else:
            known.last = at
            known.intervals += 1

    def ended(self, trial: int) -> None:
        """Take in that a trial has ended."""
        gone = self._running.pop(trial, None)
        if gone is not None and gone.intervals:
            self._lately = gone.mean()

    def since(self, trial: int, at: float) -> float:
        """Return since when a trial has been reporting; a time given where it has not."""
        known = self._running.get(trial)
        return at if known is None else known.first

    def running_since(self, at: float) -> int:
        """Return how many running trials were reporting at a time."""
        return sum(known.first <= at for known in self._running.values())

    def seconds(self) -> float | None:
        """Return the mean over running trials from value to value.

        Where none of them has reported twice, it is that of the trial that ended last; None where
        there is none.
        """
        means = [each.mean() for each in self._running.values() if each.intervals]
        return sum(means) / len(means) if means else self._lately
