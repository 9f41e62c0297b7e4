"""The peers' scores by step, in order: what percentile rules compare with."""

from __future__ import annotations

from bisect import bisect_right, insort
from enum import StrEnum

from espalier.pruning.curve import Curve
from espalier.pruning.ledger import Ledger
from espalier.pruning.ranking import Ranking
from espalier.pruning.report import TrialState

EXACT_BITS = 11


class Peers(StrEnum):
    """With which trials a trial is compared."""

    REACHED = "Reached"
    """All others that reached the step, whatever became of them, except failed ones."""
    COMPLETED = "Completed"
    """Only those that completed, as Optuna does."""


class Match(StrEnum):
    """Which of a peer's values counts at a step."""

    AT_OR_BEFORE = "AtOrBefore"
    """Its latest value up to the step, if it reached the step."""
    EXACT = "Exact"
    """Only a value reported at exactly the step, as Optuna does."""


def column_of(step: int) -> int:
    """Round a step down to 11 significant bits.

    Up to step 2048 every step is a column of its own; beyond, one column stands for less than
    0.1 % of the steps, which bounds their number: some 11,000 for a million steps.
    """
    shift = step.bit_length() - EXACT_BITS
    return step if shift <= 0 else step >> shift << shift


def next_column(step: int) -> int:
    """Give the first step of the next column."""
    return column_of(step) + (1 << max(0, step.bit_length() - EXACT_BITS))


class StepRanks:
    """Peers' scores per judged step.

    A column is made when the first trial reports in it. A trial enters every column it passes,
    once, with the score that `match` says, and leaves them only if it fails or leaves the window.
    """

    def __init__(self, ledger: Ledger, peers: Peers, match: Match) -> None:
        self._ledger = ledger
        self._reached = peers is Peers.REACHED
        self._exact = match is Match.EXACT
        self._columns: dict[int, Ranking] = {}
        self._keys: list[int] = []
        # The trials seen so far, and the furthest step that a counted one has reached.
        self._seen: set[int] = set()
        self._furthest = -1

    @staticmethod
    def of(ledger: Ledger, peers: Peers, match: Match) -> StepRanks:
        """Give the ledger's ranks for these peers."""
        return ledger.derived(
            ("step ranks", peers, match), lambda ledger: StepRanks(ledger, peers, match)
        )

    def __len__(self) -> int:
        return len(self._columns)

    def column(self, curve: Curve, judged: int) -> Ranking | None:
        """Give the column of the trial's latest report; None if the trial was judged in it.

        Parameters
        ----------
        judged
            The step at which the trial was judged last, -1 if it has not been.
        """
        step = curve.steps[-1]
        key = step if step < 2048 else column_of(step)
        if key <= judged:
            return None
        return self._columns[key]

    def own(self, curve: Curve) -> float | None:
        """Give the trial's own score in the column of its latest report, if it is in there."""
        if not self._reached or curve.left:
            return None
        step = curve.steps[-1]
        return self._score(curve, step if step < 2048 else column_of(step))

    def on_append(self, curve: Curve) -> None:
        """Make the column of the report, and enter those that the trial has passed."""
        steps = curve.steps
        step = steps[-1]
        key = step if step < 2048 else column_of(step)
        if len(steps) > 1:
            previous = steps[-2]
            if key <= previous:
                return
        else:
            previous = -1
            self._seen.add(curve.number)
        if key not in self._columns:
            self._make(key, curve)
        if not self._reached or curve.left:
            return
        if step > self._furthest:
            self._furthest = step
        keys = self._keys
        low = bisect_right(keys, previous)
        if low + 1 == len(keys) or keys[low + 1] > step:
            # The usual case: one column since the previous report.
            score = curve.scores[-1] if keys[low] == step else self._score(curve, keys[low])
            if score is not None:
                self._columns[keys[low]].add(score)
            return
        for passed in keys[low : bisect_right(keys, step)]:
            score = self._score(curve, passed)
            if score is not None:
                self._columns[passed].add(score)

    def on_close(self, curve: Curve) -> None:
        """Enter a completed trial, or take out a failed one."""
        if curve.left:
            return
        if not self._reached and curve.state is TrialState.COMPLETED:
            self._furthest = max(self._furthest, curve.last_step)
            for key, score in self._passed(curve):
                self._columns[key].add(score)
        elif self._reached and curve.state is TrialState.FAILED:
            self._take_out(curve)

    def on_leave(self, curve: Curve) -> None:
        """Take out a trial that left the window."""
        if self._counted(curve):
            self._take_out(curve)

    def _counted(self, curve: Curve) -> bool:
        if self._reached:
            return curve.state is not TrialState.FAILED
        return curve.state is TrialState.COMPLETED

    def _make(self, key: int, maker: Curve) -> None:
        ranking = self._columns[key] = Ranking()
        insort(self._keys, key)
        if key > self._furthest:
            return
        for curve in self._ledger.curves():
            # The maker enters by itself, right after; the unseen when they are replayed.
            if curve.number == maker.number or curve.number not in self._seen:
                continue
            if curve.left or not self._counted(curve):
                continue
            if curve.last_step >= key and (score := self._score(curve, key)) is not None:
                ranking.add(score)

    def _take_out(self, curve: Curve) -> None:
        for key, score in self._passed(curve):
            self._columns[key].remove(score)

    def _passed(self, curve: Curve) -> list[tuple[int, float]]:
        keys = self._keys[: bisect_right(self._keys, curve.last_step)]
        scored = ((key, self._score(curve, key)) for key in keys)
        return [(key, score) for key, score in scored if score is not None]

    def _score(self, curve: Curve, key: int) -> float | None:
        if self._exact:
            return curve.at(key)
        return curve.at_or_before(key)
