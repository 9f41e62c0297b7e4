"""Never prunes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from espalier.pruning.decisions.decision import Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.base import Gated


@dataclass(frozen=True, kw_only=True)
class Nop(Gated):
    """Never prune: every trial runs to its end."""

    name: ClassVar[str] = "Nop"
    not_in_study: ClassVar[frozenset[str]] = frozenset(
        {"startup_trials", "warmup_steps", "interval_steps", "patience"}
    )
    in_place_of: ClassVar[Mapping[str, str]] = dict.fromkeys(not_in_study, "judges nothing")

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Keep the trial."""
        return self.keep(curve, Reason.NEVER_PRUNES)
