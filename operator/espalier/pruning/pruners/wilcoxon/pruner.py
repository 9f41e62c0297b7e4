"""Prunes what a paired test finds worse than the best completed trial."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from espalier.declared.bounds import Count
from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.base import Gated
from espalier.pruning.pruners.boldness import Boldness
from espalier.pruning.pruners.wilcoxon.leader_pairs import LeaderPairs


@dataclass(frozen=True, kw_only=True)
class Wilcoxon(Gated):
    """Prune a trial that a one-sided signed-rank test finds worse than the best completed one.

    The values at common steps are paired (Wilcoxon, Biometrics Bulletin 1, 1945; zeros are split,
    Pratt 1959). A trial whose mean is no worse than the best one's is kept whatever the test
    says, and so is one with a value that is not finite. Optuna's ``WilcoxonPruner``; made for
    steps that are instances or folds of one task rather than points of a learning curve.

    Parameters
    ----------
    p_threshold
        Prune if the p-value is below this.
    startup_steps
        Judge from so many common steps on, at least two.
    correct_looks
        Spread `p_threshold` over the looks at a trial: look k, at k common steps, may spend
        ``6 / (pi k) ** 2`` of it, which bounds the chance of a false pruning over any number of
        looks.
    """

    p_threshold: Annotated[float, Interval(ge=0, le=1)] = 0.1
    startup_steps: Count = 2
    correct_looks: bool = False

    name: ClassVar[str] = "Wilcoxon"
    boldness: ClassVar[Boldness | None] = Boldness("p_threshold", (0.01, 0.05, 0.1, 0.2, 0.4))
    in_place_of: ClassVar[Mapping[str, str]] = {
        "min_trials": "compares with one trial, the leader",
        "own_value": "pairs all values",
    }

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Test the trial against the best completed one."""
        values = len(curve.steps)
        pause = _pause(values)
        if values % pause:
            upcoming: Evidence = {"next": curve.steps[-1] + pause - values % pause}
            return self.keep(curve, Reason.BETWEEN_CHECKS, upcoming)
        leader = ledger.leader()
        if leader is None:
            return self.keep(curve, Reason.NO_LEADER)
        found = LeaderPairs.of(ledger).between(curve, leader)
        if not found.finite:
            return self.keep(curve, Reason.NOT_FINITE, {"leader": leader.number})
        pairs = len(found.ranks)
        needed = max(2, self.startup_steps)
        if pairs < needed:
            return self.keep(curve, Reason.TOO_FEW_STEPS, {"steps": pairs, "needed": needed})
        p = found.ranks.p_value_less()
        limit = self._limit(pairs - needed + 1)
        own_mean, best_mean = found.mean, found.leader_mean
        evidence: Evidence = {
            "p": p,
            "threshold": limit,
            "pairs": pairs,
            "leader": leader.number,
            "mean": ledger.user(own_mean),
            "leaderMean": ledger.user(best_mean),
        }
        if not p < limit:
            return self.keep(curve, Reason.NOT_SIGNIFICANTLY_WORSE, evidence)
        if best_mean <= own_mean:
            return self.keep(curve, Reason.BETTER_ON_AVERAGE, evidence)
        return self.prune(curve, Reason.SIGNIFICANTLY_WORSE, evidence)

    def _limit(self, look: int) -> float:
        if not self.correct_looks:
            return self.p_threshold
        return self.p_threshold * 6.0 / (math.pi * look) ** 2


def _pause(values: int) -> int:
    """Return how many values to wait between looks: one, and 3 % of all from 2048 on.

    One more of so many changes little.
    """
    return 1 if values < 2048 else 1 << values.bit_length() - 6
