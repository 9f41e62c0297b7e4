"""Never prunes."""

from __future__ import annotations

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

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Keep the trial."""
        return self.keep(curve, Reason.NEVER_PRUNES)
