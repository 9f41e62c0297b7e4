"""What each candidate came to on the lists, by what is counted once: a study, or a half of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from espalier.backtest.candidate import Candidate
from espalier.backtest.measure import BUDGETS, Measured
from espalier.backtest.recommend.certainty import LEVEL, Sure, effective, of_mean, of_share
from espalier.backtest.recommend.pools import Winner


@dataclass(frozen=True)
class Aim:
    """What is asked of a pruner.

    Parameters
    ----------
    max_lost
        The share of lost winners that the user accepts; None where the aim is a budget.
    budget
        Which of the budgets the best completed trial is asked at; None where winners are kept.
    """

    max_lost: float | None = 0.05
    budget: int | None = None

    def score(self, measured: Measured) -> float:
        """Return what is to be large: the share saved, or less regret at the budget."""
        return measured.saved if self.budget is None else -measured.budget_regret[self.budget]

    def accepts(self, lost: float) -> bool:
        """Whether so large a share of lost winners is accepted."""
        return self.max_lost is None or lost <= self.max_lost

    @property
    def share(self) -> float | None:
        """The budget as a share of the time without pruning."""
        return None if self.budget is None else BUDGETS[self.budget]


@dataclass(frozen=True)
class CandidateResult:
    """What one candidate came to.

    Parameters
    ----------
    candidate
        What was tried.
    units
        The measurements of each unit's lists.
    winners
        Who wins each of these lists.
    overlapping
        Whether units are halves of one study, which share trials.
    """

    candidate: Candidate
    units: tuple[tuple[Measured, ...], ...]
    winners: tuple[tuple[Winner, ...], ...]
    overlapping: bool

    def of(self, places: Sequence[int]) -> CandidateResult:
        """Return the outcome on some of the units."""
        units = tuple(self.units[place] for place in places)
        won = tuple(self.winners[place] for place in places)
        return CandidateResult(self.candidate, units, won, self.overlapping)

    def by_unit(self, field: str) -> list[float]:
        """Return the mean of `saved`, `regret` or `lost` over the lists of each unit."""
        return [float(np.mean([getattr(each, field) for each in unit])) for unit in self.units]

    def scores(self, aim: Aim) -> list[float]:
        """Return the mean score of each unit."""
        return [float(np.mean([aim.score(each) for each in unit])) for unit in self.units]

    @cached_property
    def lost(self) -> Sure:
        """The share of lists that lose their winner, as sure as there are different winners.

        Of several studies the interval over them is taken where it is wider.
        """
        share = float(np.mean(self.by_unit("lost")))
        sure = of_share(share, worth(self.winners))
        if self.overlapping or len(self.units) < 2:
            return sure
        over = of_mean(self.by_unit("lost"), self.overlapping)
        low, high = min(sure.low, max(0.0, over.low)), max(sure.high, min(1.0, over.high))
        return Sure(share, low, high)

    def sure_of(self, field: str) -> Sure:
        """Return a field's mean with its interval."""
        return self.lost if field == "lost" else of_mean(self.by_unit(field), self.overlapping)

    def gain_over(self, other: CandidateResult, aim: Aim, level: float = LEVEL) -> Sure:
        """Return by how much the score is larger than another one's on the same lists."""
        pairs = zip(self.scores(aim), other.scores(aim), strict=True)
        return of_mean([one - two for one, two in pairs], self.overlapping, level)

    def to_dict(self, aim: Aim, default: CandidateResult) -> dict[str, Any]:
        """Return plain JSON values."""
        figures = {field: self.sure_of(field).to_dict() for field in ("saved", "regret", "lost")}
        found: dict[str, Any] = {
            "label": self.candidate.label,
            "pruner": self.candidate.pruner,
            **figures,
            "accepted": aim.accepts(self.lost.mean),
            "gain": self.gain_over(default, aim).to_dict(),
        }
        if aim.budget is not None:
            scores = of_mean(self.scores(aim), self.overlapping)
            found["budgetRegret"] = Sure(-scores.mean, -scores.high, -scores.low).to_dict()
        return found


def worth(winners: Sequence[Sequence[Winner]]) -> float:
    """Return how many independent winners the lists' winners are worth; each unit counts alike."""
    clusters = [each for unit in winners for each in unit]
    weights = [1.0 / len(winners) / len(unit) for unit in winners for _ in unit]
    return effective(clusters, weights)
