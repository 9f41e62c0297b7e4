"""How sure a figure is that comes from few winners, or from halves of the same trials."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt

import numpy as np
from scipy.special import betaincinv, stdtrit

LEVEL = 0.95


@dataclass(frozen=True)
class Sure:
    """A mean and its interval.

    Parameters
    ----------
    mean
        The mean.
    low, high
        From where to where the interval goes.
    """

    mean: float
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether it cannot be told from nothing."""
        return self.low <= 0.0 <= self.high

    def to_dict(self) -> dict[str, float]:
        """Return plain JSON values."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


def of_mean(values: Sequence[float], overlapping: bool, level: float = LEVEL) -> Sure:
    """Return the mean with Student's interval.

    A bootstrap over two or three studies would be too narrow. Halves of one study share trials;
    their variance is corrected for that as Nadeau and Bengio do for resampled tests ("Inference
    for the generalization error", Machine Learning 52, 2003): ``s² (1/J + 1)`` instead of
    ``s² / J`` for halves.

    Parameters
    ----------
    values
        One for each study, or for each half of the only one; two at least.
    overlapping
        Whether they are of halves.
    level
        Of the interval.
    """
    count = len(values)
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) * sqrt(1.0 / count + overlapping)
    reach = float(stdtrit(count - 1, (1.0 + level) / 2.0)) * spread
    return Sure(mean, mean - reach, mean + reach)


def effective(clusters: Sequence[Hashable], weights: Sequence[float]) -> float:
    """Return how many independent ones the clusters are worth (Kish, "Survey Sampling", 1965).

    Parameters
    ----------
    clusters
        To which one each observation belongs.
    weights
        How much each counts; they add up to 1.
    """
    shares: dict[Hashable, float] = {}
    for cluster, weight in zip(clusters, weights, strict=True):
        shares[cluster] = shares.get(cluster, 0.0) + weight
    return 1.0 / sum(share * share for share in shares.values())


def of_share(share: float, tries: float, level: float = LEVEL) -> Sure:
    """Return a share with the interval of Clopper and Pearson, of tries that need not be whole."""
    tail, found = (1.0 - level) / 2.0, share * tries
    low, high = 0.0, 1.0
    if found > 0:
        low = float(betaincinv(found, tries - found + 1.0, tail))
    if found < tries:
        high = float(betaincinv(found + 1.0, max(tries - found, 1e-12), 1.0 - tail))
    return Sure(share, min(low, share), max(high, share))


def needed(most: float, level: float = LEVEL) -> int:
    """Return how many winners none of which is lost would show that at most this share is."""
    return ceil(log((1.0 - level) / 2.0) / log(1.0 - most)) if 0.0 < most < 1.0 else 0
