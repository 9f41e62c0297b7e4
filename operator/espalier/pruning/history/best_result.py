"""Which of several trials has the best result."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan


def best_result(results: Iterable[tuple[int, float]]) -> int | None:
    """Return the number of the trial with the best result; None if there is none.

    A NaN is no result that a study could return. Of equals the one that was started first is the
    best.

    Parameters
    ----------
    results
        Numbers of trials that have completed, and their last scores: larger is better.
    """
    ranked = [(score, -trial) for trial, score in results if not isnan(score)]
    return -max(ranked)[1] if ranked else None
