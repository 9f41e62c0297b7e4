"""Stops pruning when an implausible share of the running trials is pruned at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BreakerSettings:
    """When the circuit breaker opens, and for how long.

    It looks at the trials that have been reporting for longer than `within_seconds`, so that a
    stream of young trials, most of which any good pruner ends, does not open it.

    Parameters
    ----------
    share_percent
        It opens instead of pruning so large a share of those trials within `within_seconds`;
        0 means never.
    within_seconds
        The length of the time that is looked at.
    min_trials
        It does not open on account of fewer pruned trials.
    hold_seconds
        How long it stays open.
    """

    share_percent: float = 90.0
    within_seconds: float = 60.0
    min_trials: int = 6
    hold_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Trip:
    """Why the breaker is open.

    Parameters
    ----------
    prunes
        How many established trials were to be pruned within `within_seconds`, the one that would
        have been one too many included.
    running
        Out of how many that were reporting.
    until
        When it closes again, in seconds on the clock of the reports.
    """

    prunes: int
    running: int
    until: float


class Breaker:
    """Counts prunings in time; the time is an argument, in seconds.

    Parameters
    ----------
    settings
        When it opens.

    Attributes
    ----------
    trip
        Why it opened last; None if it never did.
    trips
        How often it has opened.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self.settings = settings
        self.trip: Trip | None = None
        self.trips = 0
        self._since: dict[int, float] = {}
        # When established trials were pruned.
        self._pruned: deque[float] = deque()

    def started(self, trial: int, at: float) -> None:
        """Take in that a trial has reported for the first time."""
        self._since[trial] = at

    def ended(self, trial: int) -> None:
        """Take in that a trial has ended."""
        self._since.pop(trial, None)

    def open_at(self, at: float) -> bool:
        """Whether the breaker is open."""
        return self.trip is not None and at < self.trip.until

    def allows(self, trial: int, at: float) -> bool:
        """Whether the trial may be pruned now; opens the breaker if that is one too many."""
        if not self.settings.share_percent:
            return True
        if self.open_at(at):
            return False
        begin = at - self.settings.within_seconds
        while self._pruned and self._pruned[0] <= begin:
            self._pruned.popleft()
        prunes = len(self._pruned) + 1
        if prunes < self.settings.min_trials or not self._established(trial, begin):
            return True
        running = len(self._pruned) + sum(since <= begin for since in self._since.values())
        if 100.0 * prunes < self.settings.share_percent * running:
            return True
        self.trip = Trip(prunes, running, at + self.settings.hold_seconds)
        self.trips += 1
        return False

    def pruned(self, trial: int, at: float) -> None:
        """Take in that a trial is pruned; call it before `ended`."""
        if self._established(trial, at - self.settings.within_seconds):
            self._pruned.append(at)

    def _established(self, trial: int, begin: float) -> bool:
        since = self._since.get(trial)
        return since is not None and since <= begin
