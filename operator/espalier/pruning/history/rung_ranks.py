"""Rungs, and the scores with which trials reached them."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.own_value import OwnValue, own_score, ranked
from espalier.pruning.history.ranking import Ranking


def rung_steps(first: int, factor: int) -> Iterator[int]:
    """Return the steps of the rungs, ``first * factor ** k``, in exact integers."""
    step = first
    while True:
        yield step
        step *= factor


class RungRanks:
    """For each rung the scores of the trials that reached it, in order.

    A trial enters a rung once, with its score at the first report at or beyond the rung's step,
    and never changes it. One that diverged enters with the worst score there is. It stays
    whatever becomes of it, unless it leaves the window of the newest trials.

    Parameters
    ----------
    first
        The step of the lowest rung.
    factor
        By how much a rung's step is larger than the one's before.
    own_value
        Which of a trial's own values it enters a rung with.

    Attributes
    ----------
    steps, rankings
        Per rung its step and the scores of those that reached it, lowest rung first; always one
        rung beyond the furthest trial.
    """

    def __init__(self, first: int, factor: int, own_value: OwnValue) -> None:
        self._own_value = own_value
        self._factor = factor
        self.steps = [first]
        self.rankings: list[Ranking] = [Ranking()]
        # Per trial the scores with which it reached its rungs.
        self._reached: dict[int, list[float]] = {}

    def score(self, trial: int, rung: int) -> float:
        """Return the score with which a trial reached a rung."""
        return self._reached[trial][rung]

    def crossed(self, after: int, up_to: int) -> range:
        """Return the rungs whose steps lie in (after, up_to]."""
        first = 0
        while first < len(self.steps) and self.steps[first] <= after:
            first += 1
        end = first
        while end < len(self.steps) and self.steps[end] <= up_to:
            end += 1
        return range(first, end)

    def next_step(self, step: int) -> int:
        """Return the step of the first rung beyond a step."""
        return next(s for s in self.steps if s > step)

    def on_append(self, curve: Curve) -> None:
        """Enter the rungs that the latest report reached."""
        step = curve.steps[-1]
        reached = self._reached.get(curve.number)
        rung = 0 if reached is None else len(reached)
        if step < self.steps[rung]:
            return
        if reached is None:
            reached = self._reached[curve.number] = []
        score = ranked(own_score(curve, self._own_value))
        while step >= self.steps[rung]:
            reached.append(score)
            if not curve.left:
                self.rankings[rung].add(score)
            rung += 1
            if rung == len(self.steps):
                # There is always one rung beyond the furthest trial.
                self.steps.append(self.steps[-1] * self._factor)
                self.rankings.append(Ranking())

    def on_close(self, curve: Curve) -> None:
        """Nothing changes: what a rung has seen it keeps."""

    def on_leave(self, curve: Curve) -> None:
        """Take out a trial that left the window."""
        for rung, score in enumerate(self._reached.get(curve.number, ())):
            self.rankings[rung].remove(score)
