"""Where a noisy curve ends: its level at the last step, and how far that can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf, isfinite, log, sqrt

FEWEST_VALUES = 5
"""Fewer finite values in a row at a curve's end tell nothing of its level."""
MOST_VALUES = 16
"""So many of a curve's last values tell of it."""
RATIOS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, inf)
"""Variance of the level's own steps over that of the noise; infinite where there is no noise."""


@dataclass(frozen=True, slots=True)
class LocalLevel:
    """A curve's last values as a level that moves by random steps, seen through noise.

    The local level model (Muth 1960; Harvey 1989), once for each of `RATIOS`.

    Parameters
    ----------
    values
        How many values tell.
    likelihoods
        Logarithms, up to a constant of the curve's own; all 0 for a curve that does not move.
    levels
        The level at the last step, in units of the scores.
    noises
        Standard deviation of the noise, in units of the scores; for the infinite ratio of the
        level's steps.
    """

    values: int
    likelihoods: tuple[float, ...]
    levels: tuple[float, ...]
    noises: tuple[float, ...]


def local_level(scores: Sequence[float]) -> LocalLevel | None:
    """Return what a curve's last values say of the level that they end at.

    Parameters
    ----------
    scores
        Step by step, the newest last. What comes before the last one that is not finite is left
        out.

    Returns
    -------
    LocalLevel or None
        None where there are too few values, or they are beyond what floats hold.
    """
    tail = _finite_tail(scores)
    if len(tail) < FEWEST_VALUES:
        return None
    last = tail[-1]
    around = [score - last for score in tail]
    scale = max(map(abs, around))
    if not isfinite(scale):
        return None
    if not scale:
        none = (0.0,) * len(RATIOS)
        return LocalLevel(len(tail), none, (last,) * len(RATIOS), none)
    scaled = [each / scale for each in around]
    fits = [_fit(scaled, ratio) for ratio in RATIOS]
    return LocalLevel(
        len(tail),
        tuple(likelihood for likelihood, _, _ in fits),
        tuple(last + level * scale for _, level, _ in fits),
        tuple(noise * scale for _, _, noise in fits),
    )


@cache
def gains(values: int, ratio: float) -> tuple[tuple[float, ...], float]:
    """Return the filter's gain at each value after the first, and how uncertain the level is left.

    Parameters
    ----------
    values
        How many there are.
    ratio
        One of `RATIOS`.

    Returns
    -------
    tuple of float, float
        The last is the variance of the level at the last step over that of the noise.
    """
    if ratio == inf:
        return (1.0,) * (values - 1), 0.0
    found, variance = [], 1.0
    for _ in range(values - 1):
        variance = (variance + ratio) / (variance + ratio + 1.0)
        found.append(variance)
    return tuple(found), variance


def _fit(scores: Sequence[float], ratio: float) -> tuple[float, float, float]:
    """Return log-likelihood, level and noise by the Kalman filter, begun at the first value."""
    level, squares, logs = scores[0], 0.0, 0.0
    for score, gain in zip(scores[1:], gains(len(scores), ratio)[0], strict=True):
        surprise = score - level
        # The surprise's variance over the noise's is 1 / (1 - gain).
        rest = 1.0 if ratio == inf else 1.0 - gain
        squares += surprise * surprise * rest
        logs -= log(rest)
        level += gain * surprise
    count = len(scores) - 1
    return -0.5 * (count * log(squares) + logs), level, sqrt(squares / count)


def _finite_tail(scores: Sequence[float]) -> list[float]:
    tail: list[float] = []
    for score in reversed(scores[-MOST_VALUES:]):
        if not isfinite(score):
            break
        tail.append(score)
    return tail[::-1]
