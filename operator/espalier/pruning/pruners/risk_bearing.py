"""What pruners that may lose the winner with a stated probability have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from espalier.pruning.pruners.base import Gated
from espalier.pruning.pruners.boldness import Boldness
from espalier.pruning.pruners.goal import Goal


@dataclass(frozen=True, kw_only=True)
class RiskBearing(Gated):
    """Common to pruners that are told what the study is for and what pruning may risk.

    Parameters
    ----------
    goal
        What the study is for: it decides what pruning may risk.
    risk
        Probability of pruning the winner that all prunings together may take.
    """

    goal: Goal = Goal.KEEP_WINNER
    risk: Annotated[float, Interval(gt=0, le=0.5)] = 0.05

    boldness: ClassVar[Boldness | None] = Boldness("risk", (0.01, 0.02, 0.05, 0.1, 0.2, 0.4))
    in_place_of: ClassVar[Mapping[str, str]] = {
        "min_trials": "settles itself how many trials it must have seen",
        "own_value": "takes the mean over the last 15 % of the steps",
    }

    @property
    def stated_risk(self) -> float | None:
        """The risk that all prunings together may take; none is stated under a budget."""
        return None if self.goal is Goal.BEST_UNDER_BUDGET else self.risk
