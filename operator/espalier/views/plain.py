"""Numbers, times and decisions as plain JSON values."""

from __future__ import annotations

import math
from typing import Any

from espalier.api.conditions import timestamp
from espalier.study_log.log import StoredDecision

View = dict[str, Any]
"""A JSON object."""


def finite(value: float | None) -> float | None:
    """Return a number that JSON can have; None where it is not finite."""
    return value if value is not None and math.isfinite(value) else None


def time_of(at: float | None) -> str | None:
    """Return a time in seconds since the epoch as RFC 3339 has it; None where no calendar does."""
    try:
        return None if at is None or not at else timestamp(at)
    except (OverflowError, ValueError, OSError):
        return None


def decision_view(stored: StoredDecision) -> View:
    """Return a decision with its sentence and the numbers that were compared."""
    decision = stored.decision
    plain = decision.to_dict()
    return {
        "seq": stored.seq,
        "at": time_of(stored.at),
        **{key: plain[key] for key in ("trial", "attempt", "step", "action", "reason")},
        "sentence": decision.sentence(),
        "meaning": decision.reason.meaning,
        **{key: plain[key] for key in ("rung", "bracket", "pruner", "settings")},
        "evidence": {
            key: finite(value) if isinstance(value, float) else value
            for key, value in decision.evidence.items()
        },
        "shadow": stored.shadow or None,
    }
