"""What a configuration between the recorded ones would have come to: a forest over them.

Recorded values are turned into normal scores, so that neither a loss of 1e6 nor the last digits of
an accuracy rule the fit; the map is monotone and the same for all steps. Extremely randomised
trees, grown over the configurations, give every new one the mean curve of its leaves, and its pace.
What a recorded curve has of noise from step to step is laid over the mean: that of one that did not
diverge, drawn by the new configuration's own digest, so that it is the same each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter
from scipy.special import ndtri
from scipy.stats import spearmanr
from sklearn.ensemble import ExtraTreesRegressor

from espalier.search import Choice, IntRange, Scale, Space, Value

Array = NDArray[np.float64]
TREES = 64
DIVERGED = -4.0
"""The normal score of a value that is not finite; a mean below `DIVERGES_BELOW` is none either."""
DIVERGES_BELOW = -3.2
WINDOW = 0.15
"""A recorded curve's course is its mean over so much of its steps."""


class Encoding:
    """Configurations as rows of numbers from 0 to 1, a choice as one column each."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def row(self, configuration: Mapping[str, Value]) -> Array:
        """Encode one."""
        cells: list[float] = []
        for parameter in self._space.parameters:
            domain, value = parameter.domain, configuration[parameter.name]
            if isinstance(domain, Choice):
                chosen = domain.index(value)
                cells += [float(chosen == place) for place in range(domain.size)]
                continue
            low, high, at = float(domain.min), float(domain.max), float(value)
            if domain.scale is Scale.LOG:
                if isinstance(domain, IntRange):
                    low, high = low - 0.5, high + 0.5
                low, high, at = np.log(low), np.log(high), np.log(at)
            cells.append((at - low) / (high - low))
        return np.array(cells)


class Scores:
    """Normal scores of values, oriented so that larger is better, and back."""

    def __init__(self, values: Array) -> None:
        ordered = np.sort(values[np.isfinite(values)])
        self._values, first = np.unique(ordered, return_index=True)
        ends = np.append(first[1:], len(ordered))
        self._scores = ndtri(np.clip((first + ends) / (2 * len(ordered)), 1e-3, 1 - 1e-4))

    def of(self, values: Array) -> Array:
        known = np.interp(values, self._values, self._scores)
        return np.where(np.isfinite(values), known, DIVERGED)

    def back(self, scores: Array) -> Array:
        found = np.interp(scores, self._scores, self._values)
        return np.where(scores < DIVERGES_BELOW, np.nan, found)


@dataclass(frozen=True)
class Course:
    """A configuration's curve, its end without noise, and its whole time (the mean trial's is 1).

    Scores are oriented so that larger is better; the end of what diverges is minus infinity.
    """

    scores: Array
    end: float
    time: float


class Surrogate:
    """A task between and beyond its recorded configurations.

    Parameters
    ----------
    space, configurations
        What was recorded.
    values
        N x S, oriented so that larger is better; NaN where a configuration diverged.
    seconds
        N: what each took in all.
    """

    def __init__(
        self,
        space: Space,
        configurations: Sequence[Mapping[str, Value]],
        values: Array,
        seconds: Array,
    ) -> None:
        self._encoding = Encoding(space)
        self._scores = Scores(values)
        scores = self._scores.of(values)
        courses = smooth(scores)
        whole = np.isfinite(values).all(axis=1)
        self._noise = (scores - courses)[whole]
        pace = np.log(seconds / seconds.mean())[:, np.newaxis]
        rows = np.array([self._encoding.row(each) for each in configurations])
        forest = ExtraTreesRegressor(
            TREES, min_samples_leaf=2, max_features=0.7, random_state=0, n_jobs=1
        )
        forest.fit(rows, np.hstack([courses, pace]))
        self._trees = [tree.tree_ for tree in forest.estimators_]

    def course(self, configuration: Mapping[str, Value]) -> Course:
        """Foretell what a configuration comes to."""
        row = self._encoding.row(configuration).astype(np.float32)[np.newaxis]
        leaves = [tree.value[tree.apply(row)[0], :, 0] for tree in self._trees]
        *mean, pace = np.mean(leaves, axis=0)
        course = np.array(mean)
        scores = self._scores.back(course + self._noise[self._witness(row)])
        end = float(self._scores.back(course[-1:])[0])
        return Course(scores, end if np.isfinite(end) else -np.inf, float(np.exp(pace)))

    def _witness(self, row: Array) -> int:
        """Draw whose noise a configuration has."""
        digest = hashlib.blake2b(row.tobytes(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % len(self._noise)


def smooth(scores: Array) -> Array:
    """Take the mean over the steps around each; at the ends, a line through the last of them."""
    steps = scores.shape[1]
    window = min(2 * max(1, round(WINDOW * steps / 2)) + 1, steps - 1 + steps % 2)
    return np.asarray(savgol_filter(scores, window, polyorder=1, axis=1))


def checked(
    space: Space,
    configurations: Sequence[Mapping[str, Value]],
    values: Array,
    seconds: Array,
    folds: int = 10,
) -> tuple[Array, Array]:
    """Foretell every recorded configuration's end from the others; give the true ends and these."""
    foretold = np.empty(len(values))
    for fold in range(folds):
        out = np.arange(fold, len(values), folds)
        kept = np.setdiff1d(np.arange(len(values)), out)
        others = Surrogate(space, [configurations[i] for i in kept], values[kept], seconds[kept])
        foretold[out] = [others.course(configurations[i]).end for i in out]
    ends = np.where(np.isfinite(values[:, -1]), values[:, -1], -np.inf)
    return ends, foretold


def agreement(ends: Array, foretold: Array) -> tuple[float, float, float, float]:
    """Say how well ends were foretold.

    Gives the rank correlation; that among the better third; the median error as a share of the
    spread (best minus median); and which share of all is foretold to be worse than one of the true
    best tenth, on the mean (0.95 at best, 0.5 by chance).
    """
    better = ends >= np.quantile(ends, 2 / 3)
    finite = np.isfinite(ends) & np.isfinite(foretold)
    spread = ends.max() - np.median(ends)
    error = np.median(np.abs(ends[finite] - foretold[finite])) / spread
    best = foretold[np.argsort(-ends)[: max(1, len(ends) // 10)]]
    ahead = float(np.mean(best[:, np.newaxis] > foretold[np.newaxis]))
    whole = float(spearmanr(ends, foretold).statistic)
    return whole, float(spearmanr(ends[better], foretold[better]).statistic), float(error), ahead
