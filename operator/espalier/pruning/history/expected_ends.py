"""The completed trials with the best expected ends, and how sure it is that the first is best."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, isfinite, isnan, sqrt
from statistics import median_low

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.local_level import MOST_VALUES, RATIOS, LocalLevel, gains, local_level
from espalier.pruning.history.report import TrialState

MOST_LEADERS = 10
"""So many are told of, and so many by their last values tell of the study's noise."""
FEWEST_LEADERS = 3
"""Before so many of these move at their ends, nothing is said of noise."""
EXPECTING_EDITION = 2
"""From this edition of the rules on the best is told by expected ends; before, by last values."""
FEWEST_PEERS = 4
"""Fewer trials in the better half do not tell how the ends of trials are spread."""
MOST_COMPARED = 1000
"""So many of the best by their last values are looked at."""
MOST_RIVALS = 100
"""So many of the best by their expected ends count in how sure the first is."""
_COMMON_WEIGHT = 4.0
"""A trial's own noise counts by its values, the leaders' common noise by so many."""
_WITHIN = float(ndtri(0.95))
"""A 90 % interval reaches so many standard deviations to either side."""
_NODES = ndtri((np.arange(200) + 0.5) / 200.0)

Array = NDArray[np.float64]
Entry = tuple[float, int, LocalLevel | None]


@dataclass(frozen=True, slots=True)
class Leader:
    """One of the best completed trials; values in the user's sign.

    What the interval is about is the noise of the curve's steps, and that the best of many noisy
    values is too good to be true. How another seed would end is not in it.

    Parameters
    ----------
    trial
        Its number.
    last
        Its last value.
    expected
        What its last value would be on the mean, were it not for the noise; the last value itself
        where nothing tells of noise.
    low, high
        A 90 % interval of `expected`; None where the curve is too short, or not finite.
    sure
        For the first, the probability that none of the others has a better expected end; None for
        the others, and where it has no interval.
    """

    trial: int
    last: float
    expected: float
    low: float | None = None
    high: float | None = None
    sure: float | None = None


class Leaders:
    """The completed trials of a study by what their ends would be but for the noise.

    A trial's end is the level that its last values come to by a local level model whose ratio of
    movement to noise all leaders share, drawn towards the median of all ends by the better half's
    spread (empirical Bayes; Morris 1983). Trials that left the window count: they are results of
    the study as well. In studies of the first edition of the rules the last values alone count.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._ended: list[Entry] = []
        self._told: tuple[Leader, ...] | None = ()

    @staticmethod
    def of(ledger: Ledger) -> Leaders:
        """Return the ledger's."""
        return ledger.derived("leaders", Leaders)

    def told(self) -> tuple[Leader, ...]:
        """Return the best, at most ten, the best first."""
        if self._told is None:
            self._told = self._tell()
        return self._told

    def on_append(self, curve: Curve) -> None:
        """Nothing is said of a trial that goes on."""

    def on_close(self, curve: Curve) -> None:
        """Take in a trial that completed."""
        if curve.state is not TrialState.COMPLETED or isnan(curve.last):
            return
        expects = self._ledger.terms.edition >= EXPECTING_EDITION
        level = local_level(curve.scores[-MOST_VALUES:]) if expects else None
        entry = (curve.last, -curve.number, level)
        insort(self._ended, entry, key=_rank)
        self._told = None

    def on_leave(self, curve: Curve) -> None:
        """A trial that left the window is still a result of the study."""

    def _tell(self) -> tuple[Leader, ...]:
        """Say what the ends come to; the order of the entries does not depend on interleaving."""
        ended = self._ended[-MOST_COMPARED:]
        place = _common_ratio([level for _, _, level in ended[-MOST_LEADERS:]])
        expected, deviations = _ends(ended, place)
        with np.errstate(all="ignore"):
            _shrink(expected, deviations)
        # Of equals the one with the better last value, then the one started first, stays ahead.
        order = np.argsort(expected, kind="stable")[::-1][:MOST_RIVALS]
        sure = _sure(expected[order], deviations[order])
        return tuple(
            self._leader(ended[i], expected[i], deviations[i], None if rank else sure)
            for rank, i in enumerate(order[:MOST_LEADERS])
        )

    def _leader(
        self, entry: Entry, expected: float, deviation: float, sure: float | None
    ) -> Leader:
        user, (last, number, _) = self._ledger.user, entry
        expected = user(float(expected))
        if isnan(deviation):
            return Leader(-number, user(last), expected)
        reach = _WITHIN * float(deviation)
        return Leader(-number, user(last), expected, expected - reach, expected + reach, sure)


def _rank(entry: Entry) -> tuple[float, int]:
    return entry[:2]


def _common_ratio(leaders: Sequence[LocalLevel | None]) -> int | None:
    """Return the place in `RATIOS` that is likeliest for all leaders; None if too few tell."""
    known = [each for each in leaders if each is not None]
    if len(known) < FEWEST_LEADERS:
        return None
    moving = [each for each in known if each.noises[-1]]
    if len(moving) < FEWEST_LEADERS:
        return len(RATIOS) - 1
    sums = [sum(each.likelihoods[k] for each in moving) for k in range(len(RATIOS))]
    # Of equally likely ones that with less noise.
    return max(range(len(RATIOS)), key=lambda k: (sums[k], k))


def _ends(ended: Sequence[Entry], place: int | None) -> tuple[Array, Array]:
    """Return level and its standard deviation of each trial; NaN where nothing is said."""
    levels = np.array([last for last, _, _ in ended])
    deviations = np.full(len(ended), np.nan)
    if place is None:
        return levels, deviations
    leaders = ended[-MOST_LEADERS:]
    common = median_low(level.noises[place] for _, _, level in leaders if level is not None)
    for i, (_, _, level) in enumerate(ended):
        if level is None:
            continue
        weight = sqrt((level.values - 1) / (level.values - 1 + _COMMON_WEIGHT))
        noise = hypot(weight * level.noises[place], sqrt(1.0 - weight**2) * common)
        deviation = sqrt(gains(level.values, RATIOS[place])[1]) * noise
        if isfinite(deviation):
            levels[i], deviations[i] = level.levels[place], deviation
    return levels, deviations


def _shrink(levels: Array, deviations: Array) -> None:
    """Draw the better half of the ends towards their median, by what their noise explains.

    In place. The spread is the better half's, since bad trials say nothing of good ones; intervals
    are those of Morris (1983), which count how little so few trials tell of the spread.
    """
    known = ~np.isnan(deviations)
    if not known.any():
        return
    # Of two in the middle the lower one: their mean may be beyond what floats hold.
    centre = np.sort(levels[known])[(known.sum() - 1) // 2]
    better = known & (levels >= centre)
    count = int(better.sum())
    if count < FEWEST_PEERS:
        return
    scale = float(max(np.max(levels[better]) - centre, np.max(deviations[better])))
    if not deviations[better].any() or not isfinite(scale):
        return
    above, variances = (levels[better] - centre) / scale, (deviations[better] / scale) ** 2
    spread = max(0.0, float(np.mean(above**2) - np.median(variances)))
    noisy = np.divide(
        variances, variances + spread, out=np.zeros_like(variances), where=variances > 0
    )
    share = (count - 3) / (count - 1) * noisy
    drawn = centre + (1.0 - share) * above * scale
    levels[better] = np.where(share > 0, drawn, levels[better])
    doubt = 2.0 / (count - 3) * share**2 * above**2
    deviations[better] = scale * np.sqrt(variances * (1.0 - (count - 1) / count * share) + doubt)


def _sure(expected: Array, deviations: Array) -> float | None:
    """Return how probable it is that the first is the best, all ends normal and independent.

    An end of which nothing is said counts as it stands. By the midpoints of 200 equally probable
    parts of the first one's distribution.
    """
    if not len(expected) or isnan(deviations[0]):
        return None
    nodes = expected[0] + deviations[0] * _NODES
    spread = np.nan_to_num(deviations[1:], nan=0.0)
    with np.errstate(all="ignore"):
        ahead = nodes[:, None] - expected[None, 1:]
        chances = np.where(spread > 0, ndtr(ahead / spread), (ahead >= 0).astype(float))
    return float(np.mean(np.prod(chances, axis=1)))
