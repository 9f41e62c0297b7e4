"""The numbers of one decision, under the same names whatever the reason."""

from __future__ import annotations

from typing import Any

from espalier.pruning import Decision
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.awaited import until
from espalier.views.explaining.roles import Roles, overruled_of, roles_of, stance_of
from espalier.views.plain import View, decision_view, finite

_ROLES = {
    "value": "value",
    "cutOff": "cut_off",
    "peers": "peers",
    "kept": "kept",
    "rank": "rank",
    "leader": "leader",
}


def numbers_of(decision: Decision) -> View:
    """Return the numbers that were compared, bit for bit as stored; None where there is none."""
    roles = roles_of(decision)
    found = {name: _evidence(decision, roles, role) for name, role in _ROLES.items()}
    return {"measure": str(roles.measure) if roles.value else None, **found}


def _evidence(decision: Decision, roles: Roles, role: str) -> Any:
    value = decision.evidence.get(getattr(roles, role))
    return finite(value) if isinstance(value, float) else value


def explained(stored: StoredDecision) -> View:
    """Return one decision with its sentence, what its numbers are, and what it waited for."""
    decision = stored.decision
    overruled = overruled_of(decision)
    return {
        **decision_view(stored),
        "kind": str(stance_of(decision)),
        "overruled": None if overruled is None else str(overruled.value),
        "decidedBy": decision.evidence.get("decidedBy", decision.pruner),
        "numbers": numbers_of(decision),
        "until": until(decision),
    }
