"""Prunes what leaves its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.base import Gated


@dataclass(frozen=True, kw_only=True)
class Threshold(Gated):
    """Prune a trial whose latest value is outside the bounds, or NaN.

    The bounds are in the user's sign and belong to what is allowed. Optuna's
    ``ThresholdPruner``.

    Parameters
    ----------
    lower
        Prune a value below this.
    upper
        Prune a value above this.
    """

    lower: float | None = None
    upper: float | None = None

    name: ClassVar[str] = "Threshold"

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.lower is not None or self.upper is not None
        self.require("lower", given, "given, or upper, or both")
        if self.lower is not None and self.upper is not None:
            self.require("lower", self.lower <= self.upper, f"at most upper, {self.upper}")

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Compare the latest value with the bounds."""
        score = curve.scores[-1]
        if score != score:
            return self.prune(curve, Reason.DIVERGED, {"nans": curve.nan_run})
        value = ledger.user(score)
        if self.lower is not None and value < self.lower:
            below: Evidence = {"value": value, "lower": self.lower}
            return self.prune(curve, Reason.BELOW_LOWER, below)
        if self.upper is not None and value > self.upper:
            above: Evidence = {"value": value, "upper": self.upper}
            return self.prune(curve, Reason.ABOVE_UPPER, above)
        return self.keep(curve, Reason.WITHIN_BOUNDS, {"value": value})
