"""Where a study's risk went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.views.explaining.pruning_told import ToldBy, pruning_told
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite, time_of


def risk_view(gathered: Gathered, study: Mapping[str, Any] | None = None) -> View:
    """Return the risk that is stated and spent, by which prunings, and how often they were wrong.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    """
    return risk_of(gathered, *pruning_told(gathered, study))


def risk_of(gathered: Gathered, told: ToldBy, pruning: Mapping[str, Any]) -> View:
    """Return the same, where it is known how pruning stands and who says so."""
    return {
        "toldBy": str(told),
        "stated": pruning.get("riskStated"),
        "spent": pruning.get("riskSpent"),
        "left": pruning.get("riskLeft"),
        "prunings": [
            {
                "trial": number,
                "step": stored.decision.step,
                "at": time_of(stored.at),
                "seq": stored.seq,
                "risk": _number(stored.decision.evidence["risk"]),
                "reason": str(stored.decision.reason.value),
            }
            for number, stored in _in_order(gathered)
            if "risk" in stored.decision.evidence
        ],
        "falsePrunes": {
            "count": pruning.get("falsePrunes"),
            "of": pruning.get("exemptWouldPrune"),
            "rate": pruning.get("falsePruneRate"),
            "low": pruning.get("falsePruneLow"),
            "high": pruning.get("falsePruneHigh"),
        },
    }


def _in_order(gathered: Gathered) -> list[tuple[int, Any]]:
    return sorted(gathered.prunes.items(), key=lambda item: item[1].seq)


def _number(value: object) -> float | None:
    return finite(value) if isinstance(value, int | float) else None
