"""Rules that stand above every pruner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from espalier.declared.names import camel
from espalier.pruning.decisions.decision import NO_EVIDENCE, Action, Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.oversight.breaker import BreakerSettings
from espalier.pruning.pruners.base import SettingsError


@dataclass(frozen=True, kw_only=True)
class MinimumAcceptable:
    """A value that a trial must have reached from a step on.

    Parameters
    ----------
    value
        The least good value that is acceptable, in the user's sign.
    from_step
        From which step on.
    """

    value: float
    from_step: int = 0


@dataclass(frozen=True, kw_only=True)
class Guards:
    """What no pruner can overrule.

    Parameters
    ----------
    nan_patience
        Prune a trial after so many NaN in a row; 0 leaves NaN to the pruner.
    keep_best
        Never prune one of the so many best trials by their best value so far.
    minimum_acceptable
        Prune a trial that has not reached this.
    exempt_percent
        Share of the trials that is never pruned, to measure how often pruning is wrong.
    breaker
        When to stop pruning altogether for a while.
    paused
        Prune nothing.
    """

    nan_patience: int = 2
    keep_best: int = 1
    minimum_acceptable: MinimumAcceptable | None = None
    exempt_percent: float = 5.0
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    paused: bool = False

    def __post_init__(self) -> None:
        for name in ("nan_patience", "keep_best", "exempt_percent"):
            if getattr(self, name) < 0:
                raise SettingsError(
                    f"pruning: expected {camel(name)} to be at least 0, got {getattr(self, name)}"
                )
        if self.exempt_percent > 100:
            raise SettingsError(
                f"pruning: expected exemptPercent to be at most 100, got {self.exempt_percent}"
            )

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """The parameters that a guard's own decision names."""
        floor = self.minimum_acceptable
        return MappingProxyType(
            {
                "nanPatience": self.nan_patience,
                "keepBest": self.keep_best,
                "minimumAcceptable": None if floor is None else floor.value,
                "exemptPercent": self.exempt_percent,
            }
        )

    def before(self, ledger: Ledger, curve: Curve) -> Decision | None:
        """Decide without asking the pruner, where that is possible."""
        if ledger.is_last(curve):
            return self._decide(curve, Action.KEEP, Reason.LAST_STEP, NO_EVIDENCE)
        if self.nan_patience and curve.nan_run >= self.nan_patience:
            return self._decide(curve, Action.PRUNE, Reason.DIVERGED, {"nans": curve.nan_run})
        floor = self.minimum_acceptable
        if floor is not None and curve.steps[-1] >= floor.from_step:
            least = ledger.score(floor.value)
            if curve.best < least:
                evidence: Evidence = {
                    "value": ledger.user(curve.best),
                    "minimum": floor.value,
                    "fromStep": floor.from_step,
                }
                return self._decide(curve, Action.PRUNE, Reason.BELOW_MINIMUM, evidence)
        return None

    def _decide(self, curve: Curve, action: Action, reason: Reason, by: Evidence) -> Decision:
        return Decision(
            curve.number,
            curve.attempt,
            curve.steps[-1],
            action,
            reason,
            by,
            None,
            None,
            "Guards",
            self.settings,
        )


def overrule(decision: Decision, reason: Reason, why: Evidence) -> Decision:
    """Keep a trial that was to be pruned, and say what was overruled."""
    evidence = {**decision.evidence, **why, "overruled": decision.reason.value}
    return replace(decision, action=Action.KEEP, reason=reason, evidence=evidence)


def behind(curve: Curve, step: int) -> Decision:
    """Keep a trial that reported a step behind its latest one, on which it was judged already."""
    return Decision(
        curve.number,
        curve.attempt,
        step,
        Action.KEEP,
        Reason.BEHIND_LATEST_STEP,
        {"latest": curve.last_step},
        None,
        None,
        "Guards",
        {},
    )
