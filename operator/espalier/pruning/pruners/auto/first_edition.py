"""What the leaders show by the first edition of the rules; nothing here may change.

Studies that began under it are judged by it to their end, and their logs replay so.
"""

from __future__ import annotations

from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.pruners.auto.leaders import leaders_of


def ranks_in_first_edition(course: DenseRungs) -> list[float]:
    """Return the leaders' scaled ranks among all trials, the means over the rungs."""
    return [scaled_rank(course, trial) for _, trial in leaders_of(course)]


def scaled_rank(course: DenseRungs, trial: int) -> float:
    """Return a trial's scaled rank, the mean over the rungs it reached."""
    scores = course.scores[trial]
    if not scores:
        return 0.0
    ranks = (
        course.steps[rung] * course.better(rung, score) / course.known(rung)
        for rung, score in enumerate(scores)
    )
    return sum(ranks) / (course.horizon * len(scores))
