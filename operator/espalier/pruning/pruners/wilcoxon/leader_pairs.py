"""Each running trial's values paired with those of the best completed trial, at common steps."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.wilcoxon.signed_rank import SignedRanks


class LeaderPairs:
    """For each trial that is looked at its pairs, kept from look to look.

    What it holds follows from the ledger alone: it is made when it is asked for, and again when
    another trial has become the leader.
    """

    def __init__(self) -> None:
        self._leader: _Leader | None = None
        self._pairs: dict[int, Pairs] = {}

    @staticmethod
    def of(ledger: Ledger) -> LeaderPairs:
        """Return the ledger's pairs."""
        return ledger.derived("leader pairs", lambda _: LeaderPairs())

    def between(self, curve: Curve, leader: Curve) -> Pairs:
        """Return a running trial's pairs with the leader, brought up to date."""
        if self._leader is None or self._leader.curve is not leader:
            self._leader, self._pairs = _Leader(leader), {}
        pairs = self._pairs.get(curve.number)
        if pairs is None:
            pairs = self._pairs[curve.number] = Pairs(curve, self._leader)
        pairs.catch_up()
        return pairs

    def on_append(self, curve: Curve) -> None:
        """Wait until the trial is looked at."""

    def on_close(self, curve: Curve) -> None:
        """Forget a trial that has ended."""
        self._pairs.pop(curve.number, None)

    def on_leave(self, curve: Curve) -> None:
        """Keep it: a trial outside the window is compared with the leader all the same."""


class _Leader:
    """A completed trial: its values do not change any more."""

    def __init__(self, curve: Curve) -> None:
        self.curve = curve
        self.steps, self.scores = curve.whole()
        self.finite = all(map(math.isfinite, self.scores))
        self.mean = mean_of(self.scores) if self.finite else math.nan

    def at(self, step: int) -> float | None:
        place = bisect_left(self.steps, step)
        if place < len(self.steps) and self.steps[place] == step:
            return self.scores[place]
        return None


class Pairs:
    """One trial's values beside the leader's.

    Attributes
    ----------
    finite
        Whether all values of both are; if they are not, the rest is not kept up to date.
    ranks
        The differences, ranked; halved where one of them would overflow, since only signs and
        ranks matter to the test.
    """

    def __init__(self, curve: Curve, leader: _Leader) -> None:
        self._curve = curve
        self._leader = leader
        self._halved = False
        self._seen = self._seen_behind = 0
        self._total = 0.0
        # By step, once a value has arrived behind the latest one; until then the curve's own.
        self._merged: tuple[array[int], array[float]] | None = None
        self.finite = leader.finite
        self.ranks = SignedRanks()

    @property
    def mean(self) -> float:
        """The mean of the trial's values."""
        if self._merged is not None:
            return mean_of(self._merged[1])
        mean = self._total / self._seen
        return mean if math.isfinite(mean) else mean_of(self._curve.scores)

    @property
    def leader_mean(self) -> float:
        """The mean of the leader's values."""
        return self._leader.mean

    def catch_up(self) -> None:
        """Take in what the trial has reported since the last look."""
        curve = self._curve
        if not self.finite:
            return
        steps, scores = curve.steps[self._seen :], curve.scores[self._seen :]
        late = list(islice(reversed(curve.behind.items()), len(curve.behind) - self._seen_behind))
        news = [*zip(steps, scores, strict=True), *late]
        if not all(math.isfinite(score) for _, score in news):
            self.finite = False
            return
        if late and self._merged is None:
            self._merged = curve.whole()
        elif self._merged is not None:
            for step, score in news:
                place = bisect_left(self._merged[0], step)
                self._merged[0].insert(place, step)
                self._merged[1].insert(place, score)
        for score in scores:
            self._total += score
        self._seen, self._seen_behind = len(curve.steps), len(curve.behind)
        self._rank(news)

    def _rank(self, news: Iterable[tuple[int, float]]) -> None:
        at = self._leader.at
        pairs = [(mine, other) for step, mine in news if (other := at(step)) is not None]
        differences = _differences(pairs, self._halved)
        if not all(map(math.isfinite, differences)):
            self._halved = True
            self.ranks = SignedRanks()
            self._rank(zip(*self._curve.whole(), strict=True))
        elif self.ranks:
            for difference in differences:
                self.ranks.add(difference)
        else:
            self.ranks = SignedRanks(differences)


def _differences(pairs: Iterable[tuple[float, float]], halved: bool) -> list[float]:
    if halved:
        return [mine / 2 - other / 2 for mine, other in pairs]
    return [mine - other for mine, other in pairs]


def mean_of(scores: Sequence[float]) -> float:
    """Return the mean of finite scores, finite also where their sum is not."""
    mean = sum(scores) / len(scores)
    return mean if math.isfinite(mean) else sum(score / len(scores) for score in scores)
