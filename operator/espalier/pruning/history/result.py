"""Which of several completed trials has the best result: one rule, whoever asks."""

from __future__ import annotations

from math import isnan

from espalier.pruning.history.curve import Curve

Rank = tuple[float, int]
"""A result's score, and the trial's number with its sign turned; the larger rank is the better."""


def result_rank(score: float, trial: int) -> Rank | None:
    """Return by what the results of completed trials are compared; larger is better.

    Of equal scores that of the trial that was started first is the best. A NaN is no result that
    a study could return: it has no rank.

    Parameters
    ----------
    score
        The trial's last one; larger is better.
    trial
        Its number.
    """
    return None if isnan(score) else (score, -trial)


def beats(curve: Curve, best: Curve | None) -> bool:
    """Whether a completed trial's result is better than the best one so far, if there is one."""
    rank = result_rank(curve.last, curve.number)
    if rank is None:
        return False
    held = None if best is None else result_rank(best.last, best.number)
    return held is None or rank > held
