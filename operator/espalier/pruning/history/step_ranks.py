"""The peers' scores by step, in order: what percentile rules compare with."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from enum import StrEnum

from espalier.pruning.history.columns import column_of
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.ranking import Ranking
from espalier.pruning.history.report import TrialState
from espalier.pruning.history.step_tree import Layers, StepTree

SCORES_A_VALUE = 4
"""Scores that columns may hold for each value that was reported; beyond, a tree takes their place.
"""
SCORES_BESIDES = 1000
"""Scores that columns may hold besides, so that a small study needs no tree."""


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


class StepRanks:
    """Peers' scores per judged step.

    A column is made when the first trial reports in it. A trial enters every column it passes,
    once, with the score that `match` says, and leaves them only if it fails or leaves the window.
    Where trials report at steps of their own, there are many columns, each of which all trials
    enter; a tree then holds the same scores in less room (docs/adr/0027).

    Parameters
    ----------
    ledger
        The study's history.
    peers
        Which trials' scores count.
    match
        Which of a trial's scores counts at a step.
    """

    def __init__(self, ledger: Ledger, peers: Peers, match: Match) -> None:
        self._ledger = ledger
        self._reached = peers is Peers.REACHED
        self._exact = match is Match.EXACT
        self._columns: dict[int, Ranking] = {}
        self._keys: list[int] = []
        self._tree: StepTree | None = None
        # The trials seen so far, and the furthest step that a counted one has reached.
        self._seen: set[int] = set()
        self._furthest = -1
        # How many values there are, and how many scores the columns hold.
        self._values = self._held = 0

    @staticmethod
    def of(ledger: Ledger, peers: Peers, match: Match) -> StepRanks:
        """Return the ledger's ranks for these peers."""
        return ledger.derived(
            ("step ranks", peers, match), lambda ledger: StepRanks(ledger, peers, match)
        )

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def outgrown(self) -> bool:
        """Whether a tree has taken the place of the columns."""
        return self._tree is not None

    def column(self, curve: Curve, judged: int) -> Ranking | Layers | None:
        """Return the column of the trial's latest report; None if the trial was judged in it.

        Parameters
        ----------
        judged
            The step at which the trial was judged last, -1 if it has not been.
        """
        step = curve.steps[-1]
        key = step if step < 2048 else column_of(step)
        if key <= judged:
            return None
        return self._columns[key] if self._tree is None else self._tree.at(key)

    def own(self, curve: Curve) -> float | None:
        """Return the trial's own score in the column of its latest report, if it is in there."""
        if not self._reached or curve.left:
            return None
        step = curve.steps[-1]
        return self._score(curve, step if step < 2048 else column_of(step))

    def on_append(self, curve: Curve) -> None:
        """Make the column of the report, and enter those that the trial has passed."""
        counts = self._reached and not curve.left
        if self._tree is not None:
            if counts:
                self._tree.on_append(curve)
            return
        self._values += 1
        steps = curve.steps
        step = steps[-1]
        key = step if step < 2048 else column_of(step)
        previous = curve.previous_step
        if previous < 0:
            self._seen.add(curve.number)
        if key <= previous:
            return
        if key not in self._columns:
            self._make(key, curve)
        if counts:
            self._pass(curve, previous)
        self._weigh(curve)

    def on_close(self, curve: Curve) -> None:
        """Enter a completed trial, or take out a failed one."""
        if curve.left:
            return
        if not self._reached and curve.state is TrialState.COMPLETED:
            if self._tree is not None:
                self._tree.enter(curve)
                return
            self._pass(curve, -1)
            self._weigh(curve)
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

    def _pass(self, curve: Curve, previous: int) -> None:
        """Enter the columns that a trial has passed since a step."""
        step = curve.steps[-1] if curve.steps else -1
        self._furthest = max(self._furthest, step)
        keys = self._keys
        low = bisect_right(keys, previous)
        for key in keys[low : bisect_right(keys, step, low)]:
            score = curve.scores[-1] if key == step else self._score(curve, key)
            if score is not None:
                self._columns[key].add(score)
                self._held += 1

    def _make(self, key: int, maker: Curve) -> None:
        insort(self._keys, key)
        found = [] if self._exact or key > self._furthest else self._scores_at(key, maker)
        self._columns[key] = Ranking(found)
        self._held += len(found)

    def _scores_at(self, key: int, maker: Curve) -> list[float]:
        # The maker enters by itself, right after.
        others = (curve for curve in self._known() if curve.number != maker.number)
        reached = (curve.at_or_before(key) for curve in others if curve.last_step >= key)
        return [score for score in reached if score is not None]

    def _known(self) -> Iterator[Curve]:
        """Return the counted trials; those that are not seen are yet to be replayed."""
        for curve in self._ledger.curves():
            if curve.number in self._seen and not curve.left and self._counted(curve):
                yield curve

    def _weigh(self, curve: Curve) -> None:
        """Let a tree take the place of columns that hold far more scores than there are values."""
        if self._held <= SCORES_A_VALUE * self._values + SCORES_BESIDES:
            return
        # The trial itself may be in the middle of a replay, when the ledger knows more of it.
        known = [other for other in self._known() if other.number != curve.number]
        if self._counted(curve) and not curve.left:
            known.append(curve)
        self._tree = StepTree(self._exact, known)
        self._columns, self._keys, self._seen = {}, [], set()

    def _take_out(self, curve: Curve) -> None:
        if self._tree is not None:
            self._tree.take_out(curve)
            return
        for key in self._keys[: bisect_right(self._keys, curve.last_step)]:
            score = self._score(curve, key)
            if score is not None:
                self._columns[key].remove(score)
                self._held -= 1

    def _score(self, curve: Curve, key: int) -> float | None:
        if self._exact:
            return curve.at(key)
        return curve.at_or_before(key)
