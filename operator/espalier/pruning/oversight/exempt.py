"""Trials that are never pruned, so that it can be measured how often pruning is wrong."""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from math import isnan

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.report import TrialState
from espalier.pruning.history.result import beats
from espalier.pruning.terms import Terms

FEWEST_EXEMPT = 3
"""Exempt trials that a study whose size is known has at least, if it is not too small for that."""
SMALLEST_BLOCK = 5
"""Trials of which one is exempt, at least: pruning four of five is still worth it."""


class Exemption:
    """Chooses exempt trials by hash: one in every block of consecutive numbers.

    A block holds ``100 / percent`` numbers, or fewer if the study is known to be so small that
    less than three trials would be exempt; but never fewer than five.

    Parameters
    ----------
    terms
        What defines the study: its uid and seed are what the hash depends on, with the block's
        number.
    percent
        Share of the trials that is exempt; 0 exempts none.
    """

    def __init__(self, terms: Terms, percent: float) -> None:
        self._key = f"{terms.study_uid}/{terms.seed}/exempt/"
        trials = terms.trials
        self.block = 0
        if percent > 0:
            self.block = max(1, round(100 / percent))
            if trials is not None and trials < FEWEST_EXEMPT * self.block:
                self.block = min(self.block, max(SMALLEST_BLOCK, trials // FEWEST_EXEMPT))

    def __call__(self, trial: int) -> bool:
        """Whether the trial of this number is exempt."""
        if not self.block:
            return False
        block, place = divmod(trial, self.block)
        digest = blake2b(f"{self._key}{block}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.block == place


class EndedBy(StrEnum):
    """What would have ended an exempt trial, were it not exempt."""

    GUARD = "Guard"
    """A guard, such as `nanPatience`: which says nothing about the pruner."""
    PRUNER = "Pruner"
    """The pruner: the trial shows whether that would have been wrong."""


@dataclass(frozen=True, slots=True)
class FalsePrunes:
    """How often pruning was wrong, as far as exempt trials tell.

    Parameters
    ----------
    finished
        How many exempt trials have completed.
    would
        How many of these the pruner would have pruned.
    false
        How many of those ended better than every trial that completes without exemption.
    comparable
        Whether there is such a trial.
    """

    finished: int
    would: int
    false: int
    comparable: bool


class ExemptTrials:
    """The exempt trials that have reported, and what would have ended each first."""

    def __init__(self) -> None:
        self._would_end: dict[int, EndedBy | None] = {}
        # Of those that have completed: what would be compared with what.
        self._finished = self._would = 0
        self._best: Curve | None = None
        self._finals: list[float] = []

    def __len__(self) -> int:
        return len(self._would_end)

    def __contains__(self, trial: object) -> bool:
        return trial in self._would_end

    def enter(self, trial: int) -> None:
        """Take in that an exempt trial has reported for the first time."""
        self._would_end[trial] = None

    def would_end(self, trial: int, by: EndedBy) -> None:
        """Take in that a trial would have been ended now; what came first stands."""
        if self._would_end[trial] is None:
            self._would_end[trial] = by

    def from_pruner(self, trial: int) -> bool:
        """Whether the pruner would have pruned this trial, before any guard did."""
        return self._would_end.get(trial) is EndedBy.PRUNER

    def on_append(self, curve: Curve) -> None:
        """Nothing is measured while a trial goes on."""

    def on_leave(self, curve: Curve) -> None:
        """A trial that left the window has ended as it has."""

    def on_close(self, curve: Curve) -> None:
        """Take in that a trial has ended, exempt or not: nothing of it changes after that."""
        if curve.state is not TrialState.COMPLETED:
            return
        trial, final = curve.number, curve.last
        self._finished += trial in self._would_end
        if self._would_end.get(trial) is None and beats(curve, self._best):
            self._best = curve
        if self.from_pruner(trial):
            self._would += 1
            if not isnan(final):
                insort(self._finals, final)

    def calibration(self) -> FalsePrunes:
        """Compare what the pruner would have pruned with what completes without exemption."""
        best, finals = self._best, self._finals
        return FalsePrunes(
            finished=self._finished,
            would=self._would,
            false=0 if best is None else len(finals) - bisect_right(finals, best.last),
            comparable=best is not None,
        )
