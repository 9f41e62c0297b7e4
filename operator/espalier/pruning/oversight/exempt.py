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
from espalier.pruning.repeats import is_repeat
from espalier.pruning.terms import Terms

USUAL_PERCENT = 5.0
"""Share of the trials that is exempt where a Study does not say and the trials can tell."""
FEWEST_TELLING = 6
"""So many exempt trials tell something: had the pruner pruned them all, and wrongly none, the 95 %
interval of the rate would end at 0.46. Five leave open that most prunings were wrong (0.52)."""
FEWEST_EXEMPT = 3
"""Edition 1: exempt trials of a study whose size is known, if it is not too small for that."""
SMALLEST_BLOCK = 5
"""Edition 1: trials of which one is exempt, at least."""


def percent_left_open(terms: Terms, spends_budget: bool) -> float:
    """Return the share of the trials that is exempt where a Study does not say, in percent.

    Five, and none where they cannot tell what they cost: in a study of so few trials that not even
    six would be exempt, and in one that spends a budget, where every step of an exempt trial is
    taken from new ones, and there is no promise to keep the winner that they would check.

    Parameters
    ----------
    terms
        What defines the study; one of unknown size has as many exempt trials as it will grow to.
    spends_budget
        Whether a pruner's goal is the best that a budget buys.
    """
    if terms.edition == 1:
        return USUAL_PERCENT
    few = terms.trials is not None and terms.trials * USUAL_PERCENT < 100 * FEWEST_TELLING
    return 0.0 if few or spends_budget else USUAL_PERCENT


class Exemption:
    """Chooses exempt trials by hash: one in every block of ``100 / percent`` consecutive numbers.

    In studies of edition 1 a block holds fewer numbers if the study is known to be so small that
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
            small = trials is not None and trials < FEWEST_EXEMPT * self.block
            if terms.edition == 1 and trials is not None and small:
                self.block = min(self.block, max(SMALLEST_BLOCK, trials // FEWEST_EXEMPT))

    def __call__(self, trial: int) -> bool:
        """Whether the trial of this number is exempt; a finalist's repeat, never judged, is not."""
        if not self.block or is_repeat(trial):
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
