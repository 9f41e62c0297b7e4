"""What is said of a budget that is spent; it does not change while it stays so."""

from __future__ import annotations

from espalier.planning.budgets.spending import HOUR, Limit, Met
from espalier.planning.world.status_words import words


def limit_words(limit: Limit) -> str:
    """Name the limit that is met, and how much it is."""
    amount = limit.hard if limit.met is Met.HARD else limit.soft
    kind = "hard" if limit.met is Met.HARD else "soft"
    return f"spec.budget.{limit.name}.{kind} ({amount_words(amount or 0.0)}) is met"


def amount_words(amount: float) -> str:
    """Return seconds as hours, and few of them as minutes or seconds."""
    return f"{round(amount / HOUR, 3):g} h" if amount >= HOUR else words(amount)


RAISE = "Raise it to go on."
