"""Prunes what has stopped improving."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar

from espalier.pruning.curve import Curve
from espalier.pruning.decision import Action, Decision, Evidence
from espalier.pruning.ledger import Ledger
from espalier.pruning.pruner import Pruner, SettingsError, settings_of
from espalier.pruning.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Patient:
    """Prune a trial that does worse than it did before its last few values.

    Of its values by step, the best of the last ``patience + 1`` is compared with the best of all
    before; the trial is pruned if it is worse by more than `min_delta`. NaN is ignored: a trial
    with nothing but NaN on either side is kept. Optuna's ``PatientPruner``. In a Study, type All
    of Patient and another pruner stands for `inner`.

    Parameters
    ----------
    patience
        How many further reports without improvement a trial may make.
    min_delta
        A trial is pruned only if it is worse than its earlier best by more than this.
    inner
        A pruner that must say prune as well.
    """

    patience: int
    min_delta: float = 0.0
    inner: Pruner | None = None

    name: ClassVar[str] = "Patient"

    def __post_init__(self) -> None:
        if self.patience < 0:
            raise SettingsError(f"Patient: expected patience to be at least 0, got {self.patience}")
        if not self.min_delta >= 0:
            raise SettingsError(
                f"Patient: expected minDelta to be at least 0, got {self.min_delta}"
            )

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """The parameters by the names they have in a Study."""
        found = dict(settings_of(self))
        if self.inner is None:
            del found["inner"]
        else:
            found["inner"] = {"type": self.inner.name, **settings_of(self.inner)}
        return MappingProxyType(found)

    def judge(self, ledger: Ledger, trial: int) -> Decision:
        """Judge the trial at its latest step."""
        curve = ledger.curve(trial)
        if not curve.steps:
            return self._decide(curve, Action.KEEP, Reason.NOTHING_REPORTED, {})
        recent = self.patience + 1
        steps = len(curve.steps) + len(curve.behind)
        if steps <= recent:
            few: Evidence = {"steps": steps, "needed": recent + 1}
            return self._decide(curve, Action.KEEP, Reason.TOO_FEW_STEPS, few)
        before, after = _before_and_after(curve, recent)
        evidence: Evidence = {
            "before": ledger.user(before),
            "value": ledger.user(after),
            "recent": recent,
        }
        if before - self.min_delta > after:
            if self.inner is not None:
                return self.inner.judge(ledger, trial)
            return self._decide(curve, Action.PRUNE, Reason.PLATEAU, evidence)
        return self._decide(curve, Action.KEEP, Reason.STILL_IMPROVING, evidence)

    def _decide(self, curve: Curve, action: Action, reason: Reason, by: Evidence) -> Decision:
        return Decision(
            curve.number,
            curve.attempt,
            curve.steps[-1] if curve.steps else 0,
            action,
            reason,
            by,
            None,
            None,
            self.name,
            self.settings,
        )


def _before_and_after(curve: Curve, recent: int) -> tuple[float, float]:
    """Give the best score of all but the last few steps, and that of the last few."""
    if not curve.behind:
        return curve.bests[-recent - 1], _best(curve.scores[-recent:])
    # Values that arrived behind the latest step are few; the rest is not looked through again.
    latest = list(zip(curve.steps[-recent:], curve.scores[-recent:], strict=True))
    merged = sorted([*latest, *curve.behind.items()])
    others = len(curve.steps) - sum(step not in curve.behind for step, _ in merged[-recent:])
    earlier = [curve.bests[others - 1]] if others else []
    before = _best([*earlier, *(score for _, score in merged[:-recent])])
    return before, _best(score for _, score in merged[-recent:])


def _best(scores: Iterable[float]) -> float:
    return max((score for score in scores if score == score), default=math.nan)
