"""Prunes what has stopped improving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from espalier.declared.bounds import LARGEST_NUMBER, Count
from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.recent_best import RecentBests
from espalier.pruning.pruners.base import Pruner, Scheduled, SettingsError, settings_of
from espalier.pruning.pruners.boldness import Boldness
from espalier.pruning.pruners.composition import leaves
from espalier.pruning.pruners.optional_parts import stated_risk, votes_needed


@dataclass(frozen=True, kw_only=True)
class Patient(Scheduled):
    """Prune a trial that does worse than it did before its last few values.

    Of its values by step, the best of the last ``patience + 1`` is compared with the best of all
    before; the trial is pruned if it is worse by more than `min_delta`. NaN is ignored: a trial
    with nothing but NaN on either side is kept. Optuna's ``PatientPruner``. In a Study, type All
    of Patient and another pruner stands for `inner`.

    Its `patience` is the length of the plateau in reports, not, as that of the other pruners, a
    number of judged steps that say prune: one such step is enough.

    Parameters
    ----------
    patience
        How many further reports without improvement a trial may make: the length of the plateau.
    min_delta
        A trial is pruned only if it is worse than its earlier best by more than this.
    inner
        A pruner that must say prune as well.
    """

    patience: Count
    min_delta: Annotated[float, Ge(0), Le(LARGEST_NUMBER)] = 0.0
    inner: Pruner | None = None

    name: ClassVar[str] = "Patient"
    # In a Study, type All of Patient and another pruner stands for the inner one.
    not_in_study: ClassVar[frozenset[str]] = frozenset({"inner"})
    boldness: ClassVar[Boldness | None] = Boldness("patience", ("4%", "8%", "16%", "32%"))
    in_place_of: ClassVar[Mapping[str, str]] = {
        "patience": "counts reports of a plateau by its own `patience`; one judged step that says"
        " prune is enough",
        "min_trials": "compares with no other trial",
        "own_value": "compares the trial's best values",
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        for leaf in () if self.inner is None else leaves(self.inner):
            # Only the outermost pruner's votes and risk are counted.
            votes, risk = votes_needed(leaf), stated_risk(leaf)
            if votes > 1 or risk is not None:
                raise SettingsError(
                    "Patient: expected an inner pruner without patience or stated risk of its own,"
                    f" got {leaf.name} with patience {votes} and stated risk {risk}; use All of"
                    " Patient and that pruner"
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

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Compare the best of the last few values with the best of those before."""
        recent = self.patience + 1
        # Looked at from the first value on, so that no single judgement takes long.
        found = RecentBests.of(ledger, recent).look(curve)
        steps = len(curve.steps) + len(curve.behind)
        if steps <= recent:
            few: Evidence = {"steps": steps, "needed": recent + 1}
            return self.keep(curve, Reason.TOO_FEW_STEPS, few)
        before, after = found.before, found.after
        evidence: Evidence = {
            "before": ledger.user(before),
            "value": ledger.user(after),
            "recent": recent,
        }
        if before - self.min_delta > after:
            if self.inner is not None:
                return self.inner.judge(ledger, curve.number)
            return self.prune(curve, Reason.PLATEAU, evidence)
        return self.keep(curve, Reason.STILL_IMPROVING, evidence)
