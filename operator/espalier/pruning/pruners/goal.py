"""What the user wants of pruning."""

from __future__ import annotations

from enum import StrEnum


class Goal(StrEnum):
    """What the user wants of pruning."""

    KEEP_WINNER = "KeepWinner"
    """Find the best of a fixed list of trials: pruning it away is what must not happen."""
    BEST_UNDER_BUDGET = "BestUnderBudget"
    """Find the best that a budget buys, with ever new trials to start."""
    TIME_TO_TARGET = "TimeToTarget"
    """Reach the objective's target as soon as possible."""
