"""What a Study's status says of its budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.api.conditions import timestamp
from espalier.api.reasons import StudyCondition, StudyReason
from espalier.planning.budgets.spending import HOUR, Limit, Met, Spending
from espalier.planning.budgets.words import limit_words
from espalier.planning.status.phrase import Phrase
from espalier.planning.world.status_words import condition_of

_MINUTE = 60.0
_FAR = 10 * 365.0 * 86400.0
"""Seconds beyond which it is not said when a limit is met."""


def budget_phrase(status: Mapping[str, Any], spending: Spending) -> Phrase | None:
    """Return whether a limit is met, and what follows; None of a study that never had a budget.

    Parameters
    ----------
    status
        The Study's as it is.
    """
    limit = spending.first
    if limit is None:
        told = condition_of(status, StudyCondition.BUDGET_SPENT) is not None
        if not spending.limits and not told:
            return None
        return Phrase(False, StudyReason.WITHIN_BUDGET, "No limit of spec.budget is met.")
    if limit.met is Met.SOFT:
        said = f"{limit_words(limit)}: no trial starts, and what runs goes on. Raise it to go on."
        return Phrase(True, StudyReason.SOFT_LIMIT_MET, said)
    said = f"{limit_words(limit)}: what ran was ended. Raise it to go on."
    return Phrase(True, StudyReason.HARD_LIMIT_MET, said)


def budget_status(spending: Spending) -> dict[str, Any] | None:
    """Return ``status.budget`` of a Study; None without a budget."""
    if not spending.limits:
        return None
    return {"limits": [_limit(limit, spending.at) for limit in spending.limits]}


def _limit(limit: Limit, at: float) -> dict[str, Any]:
    """Return what is told of a limit; in a list nothing takes the place of what is absent."""
    last = limit.hard if limit.hard is not None else limit.soft
    assert last is not None
    fields = {
        "name": limit.name,
        "usedHours": _hours(limit.used),
        "softHours": None if limit.soft is None else _hours(limit.soft),
        "hardHours": None if limit.hard is None else _hours(limit.hard),
        "leftHours": _hours(last - limit.used),
        "met": None if limit.met is None else str(limit.met),
        "softAt": None if limit.met is not None else _when(limit, limit.soft, at),
        "hardAt": None if limit.met is Met.HARD else _when(limit, limit.hard, at),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _when(limit: Limit, amount: float | None, at: float) -> str | None:
    """Return when so much is used at the present pace, to the minute."""
    wait = limit.wait_for(amount)
    if wait is None or wait > _FAR:
        return None
    return timestamp(round((at + wait) / _MINUTE) * _MINUTE)


def _hours(seconds: float) -> float:
    return max(0.0, round(seconds / HOUR, 3))
