"""Prunes what a paired test finds worse than the best completed trial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from espalier.pruning.curve import Curve
from espalier.pruning.decision import Decision, Evidence
from espalier.pruning.ledger import Ledger
from espalier.pruning.pruner import Gated
from espalier.pruning.reason import Reason

Values = np.ndarray[tuple[int], np.dtype[np.float64]]


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

    p_threshold: float = 0.1
    startup_steps: int = 2
    correct_looks: bool = False

    name: ClassVar[str] = "Wilcoxon"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("p_threshold", 0.0 <= self.p_threshold <= 1.0, "between 0 and 1")
        self.require("startup_steps", self.startup_steps >= 0, "at least 0")

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Test the trial against the best completed one."""
        leader = ledger.leader()
        if leader is None:
            return self.keep(curve, Reason.NO_LEADER)
        own_steps, own = _arrays(curve)
        steps, best = _arrays(leader)
        if not (np.isfinite(own).all() and np.isfinite(best).all()):
            return self.keep(curve, Reason.NO_LEADER)
        _, mine, others = np.intersect1d(own_steps, steps, assume_unique=True, return_indices=True)
        pairs = len(mine)
        needed = max(2, self.startup_steps)
        if pairs < needed:
            return self.keep(curve, Reason.TOO_FEW_STEPS, {"steps": pairs, "needed": needed})
        p = _p_value(_differences(own[mine], best[others]))
        limit = self._limit(pairs - needed + 1)
        evidence: Evidence = {
            "p": p,
            "threshold": limit,
            "pairs": pairs,
            "leader": leader.number,
            "mean": ledger.user(_mean(own)),
            "leaderMean": ledger.user(_mean(best)),
        }
        if not p < limit:
            return self.keep(curve, Reason.NOT_SIGNIFICANTLY_WORSE, evidence)
        if _mean(best) <= _mean(own):
            return self.keep(curve, Reason.BETTER_ON_AVERAGE, evidence)
        return self.prune(curve, Reason.SIGNIFICANTLY_WORSE, evidence)

    def _limit(self, look: int) -> float:
        if not self.correct_looks:
            return self.p_threshold
        return self.p_threshold * 6.0 / (math.pi * look) ** 2


def _arrays(curve: Curve) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Values]:
    steps, scores = curve.whole()
    return np.array(steps, dtype=np.int64), np.array(scores, dtype=np.float64)


def _differences(own: Values, best: Values) -> Values:
    # Halved if a difference would overflow: only signs and ranks matter to the test.
    with np.errstate(over="ignore"):
        differences = own - best
    return differences if np.isfinite(differences).all() else own / 2 - best / 2


def _p_value(differences: Values) -> float:
    """Give the probability of differences as low as these, if the trial were no worse."""
    # Importing scipy.stats takes a second, which only this pruner should pay.
    from scipy.stats import wilcoxon

    if not differences.any():
        return 1.0
    return float(wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue)


def _mean(scores: Values) -> float:
    with np.errstate(over="ignore"):
        mean = float(sum(scores.tolist()) / len(scores))
    return mean if math.isfinite(mean) else float((scores / len(scores)).sum())
