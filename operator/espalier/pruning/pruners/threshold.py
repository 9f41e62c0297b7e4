"""Prunes what leaves its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from espalier.declared.bounds import Number
from espalier.declared.operands import At
from espalier.declared.predicates import Or, absent, compare, has
from espalier.declared.rule import AnyRule, Rule
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
        Prune a trial whose value is below this.
    upper
        Prune a trial whose value is above this.
    """

    lower: Number | None = None
    upper: Number | None = None

    name: ClassVar[str] = "Threshold"
    rules: ClassVar[tuple[AnyRule, ...]] = (
        Rule(
            condition=Or(has("lower"), has("upper")),
            message="no bound is given; add lower, upper or both",
            expected=lambda _: "lower to be given, or upper, or both, got nothing",
        ),
        Rule(
            condition=Or(absent("lower"), absent("upper"), compare("lower", "<=", At("upper"))),
            message="lower must not exceed upper; swap them",
            expected=lambda given: (
                f"lower to be at most upper, {given['upper']}, got {given['lower']}"
            ),
            field=".lower",
        ),
    )
    in_place_of: ClassVar[Mapping[str, str]] = {
        "min_trials": "compares with no other trial",
        "own_value": "takes the latest value",
    }

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
