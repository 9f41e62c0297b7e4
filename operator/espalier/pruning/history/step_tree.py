"""The peers' scores at any step, where trials report at steps of their own."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from operator import sub

from espalier.pruning.history.columns import first_place, place_of
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ranking import between, counted

LEAVES = 1 << 16
"""More than there are columns: 2048, and 1024 for each bit of a step beyond 11, up to 63."""
SORTED_AT_ONCE = 128
"""So many scores are sorted rather than narrowed down further."""


class StepTree:
    """Scores by step, each in force from its report up to the trial's next.

    A binary tree over the columns. A score is held by the few nodes that together cover the
    columns for which it is in force, at most two a level, so that entering it takes O(log s)
    insertions for s columns; the scores in force at a column are those of the nodes above it.
    Nothing is rounded: it answers as a ranking per column would, in memory that depends on the
    number of reports and not on the number of different steps.

    Parameters
    ----------
    exact
        A score is in force only at the step at which it was reported.
    curves
        The trials whose reports it holds to begin with.
    """

    def __init__(self, exact: bool, curves: Iterable[Curve] = ()) -> None:
        self._exact = exact
        self._nans: Counter[int] = Counter()
        found: defaultdict[int, list[float]] = defaultdict(list)
        for curve in curves:
            for node, score in self._all(curve):
                if score != score:
                    self._nans[node] += 1
                else:
                    found[node].append(score)
        self._scores: defaultdict[int, array[float]] = defaultdict(lambda: array("d"))
        self._scores.update((node, array("d", sorted(scores))) for node, scores in found.items())

    def at(self, step: int) -> Layers:
        """Return the scores in force at the column of a step."""
        node, path = LEAVES + place_of(step), []
        while node:
            path.append(node)
            node >>= 1
        layers = [scores for node in path if (scores := self._scores.get(node))]
        return Layers(layers, sum(self._nans[node] for node in path) if self._nans else 0)

    def on_append(self, curve: Curve) -> None:
        """Enter the latest report, and the one before in the columns since."""
        self._add(self._held(curve, len(curve.steps) - 1))

    def enter(self, curve: Curve) -> None:
        """Enter all reports of a trial."""
        self._add(self._all(curve))

    def take_out(self, curve: Curve) -> None:
        """Take out all reports of a trial."""
        for node, score in self._all(curve):
            if score != score:
                self._nans[node] -= 1
            else:
                scores = self._scores[node]
                del scores[bisect_left(scores, score)]

    def _add(self, held: Iterable[tuple[int, float]]) -> None:
        for node, score in held:
            if score != score:
                self._nans[node] += 1
            else:
                insort(self._scores[node], score)

    def _all(self, curve: Curve) -> Iterator[tuple[int, float]]:
        for i in range(len(curve.steps)):
            yield from self._held(curve, i)

    def _held(self, curve: Curve, i: int) -> Iterator[tuple[int, float]]:
        """Return what a trial's i-th report adds: nodes, and the score that each takes in."""
        step = curve.steps[i]
        first = first_place(step)
        if i and not self._exact:
            score = curve.scores[i - 1]
            for node in nodes(place_of(curve.steps[i - 1]) + 1, first):
                yield node, score
        if first == place_of(step):
            yield LEAVES + first, curve.scores[i]


def nodes(start: int, end: int) -> list[int]:
    """Return the fewest nodes that together cover the places from `start` up to before `end`."""
    found = []
    start, end = start + LEAVES, end + LEAVES
    while start < end:
        if start & 1:
            found.append(start)
            start += 1
        if end & 1:
            end -= 1
            found.append(end)
        start >>= 1
        end >>= 1
    return found


class Layers:
    """A multiset of scores that lies in several ascending arrays; see `Ranking`.

    Parameters
    ----------
    layers
        The arrays; none of them is empty.
    nans
        How many scores besides are NaN.
    """

    __slots__ = ("_layers", "_size", "nans")

    def __init__(self, layers: list[array[float]], nans: int) -> None:
        self._layers = layers
        self._size = sum(map(len, layers))
        self.nans = nans

    def __len__(self) -> int:
        return self._size

    @property
    def scores(self) -> list[float]:
        """All scores in ascending order."""
        return sorted(chain.from_iterable(self._layers))

    def quantile(self, q: float, without: float | None = None) -> float:
        """Return the q-quantile as `Ranking.quantile` does, to the last bit."""
        size = counted(self._size, without)
        if size < 1:
            return math.nan
        position = (size - 1) * q
        low = int(position)
        return between(window(self._layers, low, 3), 0, position - low, without)


def window(layers: list[array[float]], first: int, most: int) -> list[float]:
    """Return up to so many scores from a place on, in the order of all of several arrays' scores.

    The part of each array in which the place may lie is narrowed down by a pivot out of the
    widest one: by turns its middle, which bounds the rounds, and where the place should be if
    the arrays were samples of the same, which mostly takes a few rounds.
    """
    lows, highs = [0] * len(layers), list(map(len, layers))
    middle = False
    while (left := sum(highs) - (before := sum(lows))) > SORTED_AT_ONCE:
        widths = list(map(sub, highs, lows))
        width = max(widths)
        widest = widths.index(width)
        share = width // 2 if middle else width * (first - before) // left
        pivot = layers[widest][lows[widest] + share]
        middle = not middle
        below = list(map(bisect_left, layers, repeat(pivot), lows, highs))
        if sum(below) > first:
            highs = below
            continue
        up_to = list(map(bisect_right, layers, repeat(pivot), below, highs))
        if sum(up_to) <= first:
            lows = up_to
            continue
        equal = [pivot] * min(most, sum(up_to) - first)
        return (equal + _merged(layers, up_to, [at + most for at in up_to]))[:most]
    # Those that follow the last of these are among the next ones of each array.
    found = _merged(layers, lows, [high + most - 1 for high in highs])
    return found[first - before : first - before + most]


def _merged(layers: list[array[float]], lows: list[int], highs: list[int]) -> list[float]:
    parts = (layer[low:high] for layer, low, high in zip(layers, lows, highs, strict=True))
    return sorted(chain.from_iterable(parts))
