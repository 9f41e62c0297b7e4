"""Rungs that lie densely up to the horizon, and the trials that reached each of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from math import ceil, inf, isnan

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.own_value import ranked
from espalier.pruning.history.report import TrialState

FIRST_RUNG = 0.08
"""Share of the horizon at which the first rung lies: before it curves say little (the rank
correlation with the end is some 0.1 at the first step and 0.8 at a twelfth of the horizon)."""
RUNG_RATIO = 1.4
"""From a rung's step to the next one's; finer ones compare noisier differences, coarser ones
prune later."""

Entry = tuple[float, int]
"""A score, and the number of the trial that has it."""


def rungs_up_to(horizon: int) -> list[int]:
    """Return the steps of the rungs, geometrically spaced, all below the horizon."""
    steps: list[int] = []
    at = float(max(1, ceil(FIRST_RUNG * horizon)))
    while (step := round(at)) < horizon:
        steps.append(step)
        at = max(at * RUNG_RATIO, at + 1.0)
    return steps


class DenseRungs:
    """For each rung the trials that reached it, in the order of their scores.

    A trial enters a rung once, with the mean of its scores over the last 15 % of its steps, at
    its first report at or beyond the rung; the last column is its latest score once it has
    completed. A trial that was pruned is known to be worse at the rungs it never reached: it
    counts there as `dropped`, unless it was a person who pruned it. A failed trial is forgotten, as
    is one that left the window.

    Parameters
    ----------
    horizon
        The largest step of a trial.

    Attributes
    ----------
    horizon, steps
        The largest step of a trial, and the steps of the rungs below it.
    columns
        Per rung, and for the end, (score, trial) in ascending order.
    dropped
        Per rung, and for the end, how many trials were pruned before it.
    version
        Per rung, and for the end, a number that changes whenever the column does.
    scores
        Per trial the scores with which it reached its rungs, lowest rung first.
    ends
        Per completed trial its last score.
    used
        Steps done by all trials together.
    """

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self.steps = rungs_up_to(horizon)
        size = len(self.steps) + 1
        self.columns: list[list[Entry]] = [[] for _ in range(size)]
        self.dropped = [0] * size
        self.version = [0] * size
        self.scores: dict[int, list[float]] = {}
        self.ends: dict[int, float] = {}
        self.used = 0

    @staticmethod
    def of(ledger: Ledger, horizon: int) -> DenseRungs:
        """Return the ledger's dense rungs up to this horizon."""
        return ledger.derived(("dense rungs", horizon), lambda _: DenseRungs(horizon))

    def rung(self, curve: Curve, after: int) -> int | None:
        """Return the last rung that the trial reached beyond a step; None if it reached none."""
        reached = bisect_right(self.steps, curve.last_step)
        if not reached or self.steps[reached - 1] <= after:
            return None
        return reached - 1

    def own(self, curve: Curve, rung: int) -> float:
        """Return the score with which a trial reached a rung, also if it has left the window."""
        first = curve.steps[bisect_left(curve.steps, self.steps[rung])]
        return ranked(curve.window_mean(first))

    def next_step(self, step: int) -> int:
        """Return the step of the first rung beyond a step, or the horizon."""
        place = bisect_right(self.steps, step)
        return self.steps[place] if place < len(self.steps) else self.horizon

    def better(self, rung: int, score: float) -> int:
        """Count the trials with a strictly better score at a rung."""
        column = self.columns[rung]
        return len(column) - bisect_right(column, (score, inf))

    def known(self, rung: int) -> int:
        """Count the trials whose rank at the rung is known: they reached it, or were pruned."""
        return len(self.columns[rung]) + self.dropped[rung]

    def best_ended(self, most: int) -> Sequence[Entry]:
        """Return the best completed trials, the best last."""
        return self.columns[-1][-most:]

    def on_append(self, curve: Curve) -> None:
        """Enter the rungs that the latest report reached."""
        steps = curve.steps
        self.used += steps[-1] - (steps[-2] if len(steps) > 1 else 0)
        if curve.left:
            return
        reached = self.scores.setdefault(curve.number, [])
        rung = len(reached)
        if rung == len(self.steps) or steps[-1] < self.steps[rung]:
            return
        score = self.own(curve, rung)
        while rung < len(self.steps) and steps[-1] >= self.steps[rung]:
            reached.append(score)
            self._enter(rung, (score, curve.number))
            rung += 1

    def on_close(self, curve: Curve) -> None:
        """Take in how the trial ended."""
        if curve.left:
            return
        if curve.state is TrialState.FAILED:
            self._forget(curve.number)
        elif curve.state is TrialState.PRUNED and not curve.by_person:
            self._drop(curve.number, 1)
        elif curve.state is TrialState.COMPLETED and not isnan(curve.last):
            self.ends[curve.number] = curve.last
            self._enter(len(self.steps), (curve.last, curve.number))

    def on_leave(self, curve: Curve) -> None:
        """Forget a trial that left the window."""
        if curve.state is TrialState.PRUNED and not curve.by_person:
            self._drop(curve.number, -1)
        if curve.state is not TrialState.FAILED:
            self._forget(curve.number)

    def _enter(self, rung: int, entry: Entry) -> None:
        insort(self.columns[rung], entry)
        self.version[rung] += 1

    def _drop(self, trial: int, by: int) -> None:
        for rung in range(len(self.scores.get(trial, ())), len(self.dropped)):
            self.dropped[rung] += by

    def _forget(self, trial: int) -> None:
        entries = list(enumerate(self.scores.pop(trial, ())))
        if trial in self.ends:
            entries.append((len(self.steps), self.ends.pop(trial)))
        for rung, score in entries:
            column = self.columns[rung]
            del column[bisect_left(column, (score, trial))]
            self.version[rung] += 1


def trials_in_all(ledger: Ledger, known: float) -> float:
    """Return how many trials the study will have; where that is not known, twice those known."""
    return 2 * known if ledger.terms.trials is None else max(ledger.terms.trials, known)
