"""Never prunes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from espalier.pruning.curve import Curve
from espalier.pruning.decision import Decision
from espalier.pruning.ledger import Ledger
from espalier.pruning.pruner import Gated
from espalier.pruning.reason import Reason


@dataclass(frozen=True, kw_only=True)
class Nop(Gated):
    """Never prune: every trial runs to its end."""

    name: ClassVar[str] = "Nop"

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Keep the trial."""
        return self.keep(curve, Reason.NEVER_PRUNES)
