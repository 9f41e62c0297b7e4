"""Who leads a study, and how far behind others that they beat in the end the leaders were."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from espalier.pruning.history.dense_rungs import DenseRungs, Entry

MOST_LEADERS_TAKEN = 10
"""So many of the best ended trials show where winners rank."""
SHARE_OF_MARGIN = 0.25
"""How much of the margin counts as level where leaders are ranked. With none of it, noise alone
makes leaders seem to come from behind, and little is pruned; with half of it, those who did come
from behind by a jump at the end seem to have been ahead, and are lost."""
FEWEST_ENDED_TRIALS = 3
"""Before so many have ended the prior alone speaks."""


def leaders_of(course: DenseRungs) -> Sequence[Entry]:
    """Return the better half of the completed trials, ten at most, the best last."""
    ended = len(course.columns[-1])
    if ended < FEWEST_ENDED_TRIALS or not course.steps:
        return ()
    return course.best_ended(min(MOST_LEADERS_TAKEN, -(-ended // 2)))


def ranks_shown(course: DenseRungs, margin: float) -> list[float]:
    """Return the leaders' scaled ranks on their way, the best leader's first.

    A leader's rank at a rung is how many were ahead of it by more than a quarter of the margin
    and did not end ahead of it: the tenth leader is no worse a witness than the first, and where
    ranks at the rungs are those at the end all leaders show 0. Its scaled rank is the mean over
    the rungs.

    Parameters
    ----------
    course
        The study's rungs.
    margin
        By how much a value may be behind by noise.
    """
    level = SHARE_OF_MARGIN * margin
    # Per rung the scores there of the leaders that ended ahead of the one looked at, ascending.
    ended_ahead: list[list[float]] = [[] for _ in course.steps]
    shown = []
    for _, trial in reversed(leaders_of(course)):
        scores = course.scores[trial]
        total = 0.0
        for rung, score in enumerate(scores):
            reach = score + level
            ahead = course.better(rung, reach)
            others = ended_ahead[rung]
            if ahead:
                ahead -= len(others) - bisect_right(others, reach)
                total += course.steps[rung] * ahead / course.known(rung)
            insort(others, score)
        shown.append(total / (course.horizon * len(scores)) if scores else 0.0)
    return shown
