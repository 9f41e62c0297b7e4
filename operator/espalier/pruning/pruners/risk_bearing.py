"""What pruners that may lose the winner with a stated probability have in common."""

from __future__ import annotations

from dataclasses import dataclass

from espalier.pruning.pruners.base import Gated
from espalier.pruning.pruners.goal import Goal


@dataclass(frozen=True, kw_only=True)
class RiskBearing(Gated):
    """Common to pruners that are told what the study is for and what pruning may risk.

    Parameters
    ----------
    goal
        What the study is for.
    risk
        Probability of pruning the winner that all prunings together may take.
    """

    goal: Goal = Goal.KEEP_WINNER
    risk: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("risk", 0.0 < self.risk <= 0.5, "in (0, 0.5]")

    @property
    def stated_risk(self) -> float | None:
        """The risk that all prunings together may take; none is stated under a budget."""
        return None if self.goal is Goal.BEST_UNDER_BUDGET else self.risk
