"""Stops pruning when an implausible share of the running trials is pruned at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from espalier.pruning.oversight.pace import StudyPace
from espalier.pruning.terms import NEWEST_EDITION

INTERVALS_LOOKED_AT = 2.0
"""At once means: within so many times what a running trial takes from value to value. Two diverged
values in a row, the quickest way to lose all trials, take two. In 576 studies of 24 recorded tasks
it never opened under Auto and successive halving; with three it did once."""
HELD_WINDOWS = 10.0
"""It stays open for at least so many times what is looked at."""
USUAL_WITHIN, USUAL_HOLD = 60.0, 600.0
"""Edition 1: seconds that are looked at, whatever the pace, and for which it stays open."""


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
        The length of the time that is looked at. Left out (None) it follows the study's pace:
        twice what a running trial takes from value to value, on average over them.
    min_trials
        It does not open on account of fewer pruned trials.
    hold_seconds
        How long it stays open. Left out (None): ten minutes, or ten times as long as what is
        looked at if that is longer.
    """

    share_percent: float = 90.0
    within_seconds: float | None = None
    min_trials: int = 6
    hold_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Trip:
    """Why the breaker is open.

    Parameters
    ----------
    prunes
        How many established trials were to be pruned at once, the one that would have been one
        too many included.
    running
        Out of how many that were reporting.
    seconds
        What counted as at once.
    until
        When it closes again, in seconds on the clock of the reports.
    """

    prunes: int
    running: int
    seconds: float
    until: float


@dataclass(frozen=True, slots=True)
class _Pruned:
    """A pruned trial: when that was, and since when it had reported."""

    at: float
    since: float


class Breaker:
    """Counts prunings in time; the time is an argument, in seconds.

    Parameters
    ----------
    settings
        When it opens.
    edition
        In studies of edition 1 what is left open is a minute, and ten.

    Attributes
    ----------
    trip
        Why it opened last; None if it never did.
    trips
        How often it has opened.
    """

    def __init__(self, settings: BreakerSettings, edition: int = NEWEST_EDITION) -> None:
        self.settings = settings
        self.trip: Trip | None = None
        self.trips = 0
        self._pace = StudyPace()
        self._within, self._hold = settings.within_seconds, settings.hold_seconds
        if edition == 1:
            self._within = USUAL_WITHIN if self._within is None else self._within
            self._hold = USUAL_HOLD if self._hold is None else self._hold
        self._pruned: deque[_Pruned] = deque()

    def reported(self, trial: int, at: float) -> None:
        """Take in that a trial has reported a new value."""
        self._pace.reported(trial, at)

    def ended(self, trial: int) -> None:
        """Take in that a trial has ended."""
        self._pace.ended(trial)

    def open_at(self, at: float) -> bool:
        """Whether the breaker is open."""
        return self.trip is not None and at < self.trip.until

    def allows(self, trial: int, at: float) -> bool:
        """Whether the trial may be pruned now; opens the breaker if that is one too many."""
        if not self.settings.share_percent:
            return True
        if self.open_at(at):
            return False
        if len(self._pruned) + 1 < self.settings.min_trials:
            return True
        seconds = self._looked_at()
        if seconds is None:
            return True
        begin = at - seconds
        while self._pruned and self._pruned[0].at <= begin:
            self._pruned.popleft()
        before = sum(pruned.since <= pruned.at - seconds for pruned in self._pruned)
        if before + 1 < self.settings.min_trials or not self._pace.since(trial, at) <= begin:
            return True
        running = before + self._pace.running_since(begin)
        if 100.0 * (before + 1) < self.settings.share_percent * running:
            return True
        hold = max(USUAL_HOLD, HELD_WINDOWS * seconds) if self._hold is None else self._hold
        self.trip = Trip(before + 1, running, seconds, at + hold)
        self.trips += 1
        return False

    def pruned(self, trial: int, at: float) -> None:
        """Take in that a trial is pruned; call it before `ended`."""
        self._pruned.append(_Pruned(at, self._pace.since(trial, at)))

    def _looked_at(self) -> float | None:
        """Return what counts as at once, in seconds; None while no pace is known."""
        if self._within is not None:
            return self._within
        pace = self._pace.seconds()
        return None if pace is None else INTERVALS_LOOKED_AT * pace
