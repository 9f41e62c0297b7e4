"""What planning sees of a study's trials, kept up to date one changed trial at a time."""

from __future__ import annotations

from collections.abc import Iterable

from espalier.planning.world.record import TrialRecord, final_rank
from espalier.planning.world.trial_records import TrialRecords
from espalier.pruning import Direction


class Recorded:
    """The records of a study's trials, and the best of those that have completed.

    Parameters
    ----------
    direction : Direction
        Which way the study's metric is better.

    Attributes
    ----------
    trials : TrialRecords
        What is stored of each trial.
    best : int or None
        The completed trial whose last value is the best, of equals the first.
    """

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self.trials = TrialRecords()
        self.best: int | None = None
        self._rank: tuple[float, int] | None = None

    def take(self, records: Iterable[TrialRecord]) -> None:
        """Take in what is stored of some trials now."""
        changed = list(records)
        self.trials = self.trials.with_these(changed)
        ranks = {each.number: final_rank(each, self._direction) for each in changed}
        if self.best in ranks and (now := ranks[self.best]) != self._rank:
            if now is None or self._rank is None or now < self._rank:
                # Values of the best one came late, and it is not what it was: any may be better.
                ranks = {n: final_rank(each, self._direction) for n, each in self.trials.items()}
            self.best = self._rank = None
        for number, rank in ranks.items():
            if rank is not None and (self._rank is None or rank > self._rank):
                self.best, self._rank = number, rank
