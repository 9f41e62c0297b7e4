"""Wilcoxon's signed-rank test, one-sided, as scipy computes it, kept up to date pair by pair.

``scipy.stats.wilcoxon`` takes a millisecond a call and a second to import, and ranks all anew for
each pair that comes; a test compares the two.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate, groupby

EXACT_UP_TO = 50
EXACT_WITH_TIES_UP_TO = 13


class SignedRanks:
    """Differences of pairs, ranked by their magnitudes; one more takes O(log n) comparisons.

    Zeros are split (half of their ranks count as positive), ties share their mean rank. All that is
    kept is whole numbers, so that the order in which the differences come leaves no trace.

    Parameters
    ----------
    differences
        Finite.
    """

    __slots__ = ("_magnitudes", "_positive", "_positives", "_tied", "_zeros")

    def __init__(self, differences: Iterable[float] = ()) -> None:
        known = array("d", differences)
        self._magnitudes = array("d", sorted(map(abs, known)))
        self._positives = array("d", sorted(d for d in known if d > 0.0))
        self._zeros = sum(d == 0.0 for d in known)
        # Twice the mean rank of each group of equal magnitudes is a whole number.
        doubled: dict[float, int] = {}
        self._tied = below = 0
        for magnitude, group in groupby(self._magnitudes):
            count = sum(1 for _ in group)
            doubled[magnitude] = 2 * below + count + 1
            self._tied += count**3 - count
            below += count
        self._positive = sum(doubled[d] for d in self._positives)

    def __len__(self) -> int:
        return len(self._magnitudes)

    def add(self, difference: float) -> None:
        """Take in one more difference."""
        magnitude, positives = abs(difference), self._positives
        low = bisect_left(self._magnitudes, magnitude)
        ties = bisect_right(self._magnitudes, magnitude, low) - low
        self._tied += 3 * ties * (ties + 1)
        # Whatever is larger goes up by one rank, and what is equal by half of one.
        start = bisect_left(positives, magnitude)
        end = bisect_right(positives, magnitude, start)
        self._positive += 2 * (len(positives) - end) + end - start
        if difference > 0.0:
            self._positive += 2 * low + ties + 2
            insort(positives, difference, end, end)
        elif difference == 0.0:
            self._zeros += 1
        self._magnitudes.insert(low, magnitude)

    def p_value_less(self) -> float:
        """Return the probability of so low a rank sum if the differences were symmetric about zero.

        The null distribution is exact up to 50 differences, or 13 where there are ties or zeros,
        and normal beyond, without a correction for continuity: scipy's defaults with
        ``zero_method="zsplit"``.
        """
        size, zeros = len(self._magnitudes), self._zeros
        if not self._tied and not zeros and size <= EXACT_UP_TO:
            return _distribution(tuple(range(2, 2 * size + 1, 2)))[self._positive]
        if size <= EXACT_WITH_TIES_UP_TO:
            return _distribution(self._ranks_but_zeros())[self._positive]
        rank_sum = self._positive / 2 + zeros * (zeros + 1) / 4
        mean = size * (size + 1) / 4
        spread = size * (size + 1) * (2 * size + 1) - self._tied / 2
        z = (rank_sum - mean) / math.sqrt(spread / 24)
        return 0.5 * math.erfc(-z / math.sqrt(2))

    def _ranks_but_zeros(self) -> tuple[int, ...]:
        """Return twice the rank of each difference that is not zero, in ascending order."""
        ranks: list[int] = []
        below = 0
        for magnitude, group in groupby(self._magnitudes):
            count = sum(1 for _ in group)
            if magnitude:
                ranks += [2 * below + count + 1] * count
            below += count
        return tuple(ranks)


@lru_cache(maxsize=256)
def _distribution(ranks: tuple[int, ...]) -> tuple[float, ...]:
    """Return P(sum <= s) for all s, of the ranks that get a positive sign by the toss of a coin."""
    ways = [1] + [0] * sum(ranks)
    top = 0
    for rank in ranks:
        top += rank
        for total in range(top, rank - 1, -1):
            ways[total] += ways[total - rank]
    outcomes = 2 ** len(ranks)
    return tuple(count / outcomes for count in accumulate(ways))
