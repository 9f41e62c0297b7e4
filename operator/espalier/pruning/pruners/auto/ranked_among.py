"""Whom a trial is ranked among at a rung."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil

from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.history.own_value import WORST
from espalier.pruning.pruners.auto.prior import EarlierStudy

ALLOWED_AHEAD = 0.5
"""So many more than the share that goes on, rounded up, may be ahead where earlier trials stand in:
those of other studies may be better than this one's winner. Without it more winners were lost."""


@dataclass(frozen=True, slots=True)
class RankedAmong:
    """The study's own trials at a rung, and earlier ones in place of those yet to come.

    Parameters
    ----------
    course, rung
        The study's rungs, and which of them.
    own
        Of how many of the study's own trials the rank is known.
    stand_ins
        The earlier studies whose trials stand in.
    weight
        What each of their trials counts; 0 where none stands in.
    """

    course: DenseRungs
    rung: int
    own: int
    stand_ins: Sequence[EarlierStudy] = ()
    weight: float = 0.0

    @property
    def known(self) -> float:
        """As how many trials all of them count."""
        if not self.weight:
            return self.own
        return self.own + self.weight * sum(study.known[self.rung] for study in self.stand_ins)

    def kept(self, share: float) -> int:
        """Return how many go on where a share of all does."""
        if not self.weight:
            return max(1, ceil(share * self.own))
        return max(1, ceil(share * self.known + ALLOWED_AHEAD))

    def better(self, score: float) -> float:
        """Return as how many trials those count that are strictly better."""
        own = self.course.better(self.rung, score)
        if not self.weight:
            return own
        return own + self.weight * sum(study.better(self.rung, score) for study in self.stand_ins)

    def cut(self, kept: int) -> float:
        """Return the worst score that is among so many."""
        column = self.course.columns[self.rung]
        if not self.weight:
            return column[-min(kept, len(column))][0] if column else WORST
        own = (score for score, _ in column)
        earlier = chain.from_iterable(study.columns[self.rung] for study in self.stand_ins)
        scores = sorted({*own, *earlier})
        place = bisect_left(scores, True, key=lambda score: self.better(score) < kept)
        return scores[place] if place < len(scores) else WORST
