"""The best of a running trial's last few values by step, and the best of all before."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, insort
from itertools import islice

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger


class RecentBests:
    """For each trial that is looked at its last few values, kept from look to look.

    Parameters
    ----------
    recent
        How many values are the last few.
    """

    def __init__(self, recent: int) -> None:
        self._recent = recent
        self._of: dict[int, RecentBest] = {}

    @staticmethod
    def of(ledger: Ledger, recent: int) -> RecentBests:
        """Return the ledger's, for so many values."""
        return ledger.derived(("recent bests", recent), lambda _: RecentBests(recent))

    def look(self, curve: Curve) -> RecentBest:
        """Return a running trial's, brought up to date."""
        found = self._of.get(curve.number)
        if found is None:
            found = self._of[curve.number] = RecentBest(self._recent)
        found.catch_up(curve)
        return found

    def on_append(self, curve: Curve) -> None:
        """Wait until the trial is looked at."""

    def on_close(self, curve: Curve) -> None:
        """Forget a trial that has ended."""
        self._of.pop(curve.number, None)

    def on_leave(self, curve: Curve) -> None:
        """Keep it: a trial is compared with itself alone."""


class RecentBest:
    """One trial's last few values; what has left them never comes back.

    Parameters
    ----------
    recent
        How many values are the last few.

    Attributes
    ----------
    before
        The best of all values before them, NaN if there is none but NaN.
    """

    def __init__(self, recent: int) -> None:
        self._recent = recent
        self._seen = self._seen_behind = 0
        # The last few by step, and those of them that are numbers by size.
        self._steps = array("q")
        self._scores = array("d")
        self._ranked = array("d")
        self.before = math.nan

    @property
    def after(self) -> float:
        """The best of the last few, NaN if there is none but NaN."""
        return self._ranked[-1] if self._ranked else math.nan

    def catch_up(self, curve: Curve) -> None:
        """Take in what the trial has reported since the last look."""
        late = islice(reversed(curve.behind.items()), len(curve.behind) - self._seen_behind)
        for step, score in late:
            self._add(step, score)
        for place in range(self._seen, len(curve.steps)):
            self._add(curve.steps[place], curve.scores[place])
        self._seen, self._seen_behind = len(curve.steps), len(curve.behind)

    def _add(self, step: int, score: float) -> None:
        place = bisect_left(self._steps, step)
        if len(self._steps) == self._recent and place == 0:
            self._leave(score)
            return
        self._steps.insert(place, step)
        self._scores.insert(place, score)
        if score == score:
            insort(self._ranked, score)
        if len(self._steps) > self._recent:
            oldest = self._scores.pop(0)
            del self._steps[0]
            if oldest == oldest:
                del self._ranked[bisect_left(self._ranked, oldest)]
            self._leave(oldest)

    def _leave(self, score: float) -> None:
        if score == score and not score <= self.before:
            self.before = score
