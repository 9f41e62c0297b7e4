"""The curve of one trial, in compact arrays."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right

from espalier.pruning.history.report import TrialState

NAN = math.nan
MOST_AVERAGED = 64
"""The newest so many reports, at most, make up the mean over a window."""


class Curve:
    """What one trial has reported; scores are oriented so that larger is better.

    The arrays hold the reports that advanced the trial, so that their steps increase strictly;
    values that arrived behind the latest step are in `behind` and never change what others
    were compared with.

    Attributes
    ----------
    number
        The trial's number.
    state
        Where the trial stands.
    attempt
        The newest attempt; what an older one still delivers comes too late.
    steps, scores, bests, times
        Per advancing report: its step, its score (NaN where diverged), the best score up to it,
        and when it arrived (NaN where unknown).
    best
        The best score of all reports, NaN if there is none but NaN.
    nan_run
        How many of the latest reports in a row are NaN.
    left
        Whether the trial has left the window of the newest trials.
    by_person
        Whether a person has pruned it: that says nothing of what it would have come to.
    """

    __slots__ = (
        "attempt",
        "behind",
        "best",
        "bests",
        "by_person",
        "left",
        "nan_run",
        "notes",
        "number",
        "scores",
        "since",
        "state",
        "steps",
        "times",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = TrialState.RUNNING
        self.attempt = 0
        self.steps = array("q")
        self.scores = array("d")
        self.bests = array("d")
        self.times = array("d")
        self.best = NAN
        self.nan_run = 0
        self.left = False
        self.by_person = False
        self.behind: dict[int, float] = {}
        # The arrays hold the present attempt's values from step `since` on; what else it
        # reported is noted, so that a repeat and a contradiction can be told apart.
        self.since = 0
        self.notes: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def last_step(self) -> int:
        """The latest step, -1 before the first report."""
        return self.steps[-1] if self.steps else -1

    @property
    def previous_step(self) -> int:
        """The step before the latest one, -1 if there is none."""
        return self.steps[-2] if len(self.steps) > 1 else -1

    @property
    def last(self) -> float:
        """The latest score, NaN before the first report."""
        return self.scores[-1] if self.scores else NAN

    def at_or_before(self, step: int) -> float | None:
        """Score of the latest report up to the step; None if there is none."""
        i = bisect_right(self.steps, step)
        return self.scores[i - 1] if i else None

    def at(self, step: int) -> float | None:
        """Score reported at exactly the step; None if there is none."""
        i = bisect_left(self.steps, step)
        if i < len(self.steps) and self.steps[i] == step:
            return self.scores[i]
        return None

    def window_mean(self, step: int, share: float = 0.15) -> float:
        """Mean of the finite scores over the steps in ((1 - share) step, step].

        The latest score stands for all if it is NaN or infinite: a trial that recovered is not
        diverged, one that has just reported NaN is. At most the newest 64 reports count, which
        bounds the time for very long curves.
        """
        end = bisect_right(self.steps, step)
        start = bisect_right(self.steps, (1.0 - share) * step, 0, end)
        start = max(min(start, end - 1), end - MOST_AVERAGED, 0)
        if end <= start:
            return NAN
        if not math.isfinite(self.scores[end - 1]):
            return self.scores[end - 1]
        return _mean([score for score in self.scores[start:end] if math.isfinite(score)])

    def whole(self) -> tuple[array[int], array[float]]:
        """Steps and scores of all reports by step, with those that arrived behind."""
        if not self.behind:
            return self.steps, self.scores
        merged = dict(zip(self.steps, self.scores, strict=True)) | self.behind
        steps = array("q", sorted(merged))
        return steps, array("d", (merged[step] for step in steps))


def _mean(values: list[float]) -> float:
    # Around the first value, so that the mean of equal values is that value, bit for bit.
    first, count = values[0], len(values)
    if count == 1:
        return first
    differences = [value - first for value in values]
    if all(map(math.isfinite, differences)):
        return first + sum(difference / count for difference in differences)
    return sum(value / count for value in values)
