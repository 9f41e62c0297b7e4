"""What is said of a budget that is spent; it does not change while it stays so."""

from __future__ import annotations

from espalier.planning.budgets.spending import HOUR, Limit, Met


def limit_words(limit: Limit) -> str:
    """Name the limit that is met, and how much it is."""
    amount = limit.hard if limit.met is Met.HARD else limit.soft
    kind = "hard" if limit.met is Met.HARD else "soft"
    return f"spec.budget.{limit.name}.{kind} ({hours(amount or 0.0)}) is met"


def hours(amount: float) -> str:
    """Return seconds as hours, in words."""
    return f"{round(amount / HOUR, 3):g} h"


RAISE = "Raise it to go on."
