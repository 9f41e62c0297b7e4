"""Which share of a Study's trials is exempt, also where the Study leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.pruning.oversight.exempt import percent_left_open
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.terms import Terms


def exempt_percent_of(given: float | None, pruner: Mapping[str, Any], terms: Terms) -> float:
    """Return the share of the trials that is exempt, in percent.

    Parameters
    ----------
    given
        What `spec.pruning.exemptPercent` says; None if it is left out.
    pruner
        As `spec.pruner`, in plain JSON: a plug-in that it names need not be installed.
    terms
        What defines the study.
    """
    return percent_left_open(terms, spends_budget(pruner)) if given is None else given


def spends_budget(pruner: Mapping[str, Any]) -> bool:
    """Whether the goal of a pruner, or of one that it consists of, is BestUnderBudget."""
    if pruner.get("goal") == Goal.BEST_UNDER_BUDGET.value:
        return True
    parts = (part for value in pruner.values() for part in _listed(value))
    return any(spends_budget(part) for part in parts if isinstance(part, Mapping))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
