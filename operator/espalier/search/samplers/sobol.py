"""Points of a scrambled Sobol sequence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from espalier.search.history import History
from espalier.search.samplers.base import Sampler, check_number, place
from espalier.search.space import Space, Value

_BLOCK = 128
"""So many points are computed at once, and kept."""


@dataclass(frozen=True, kw_only=True)
class Sobol(Sampler):
    """Covers the space more evenly."""

    name: ClassVar[str] = "Sobol"

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return the configuration at the point that has the trial's number."""
        check_number(number)
        return place(space, sobol_units(len(space.parameters), seed, number))


def sobol_units(dimensions: int, seed: int, number: int) -> list[float]:
    """Return point `number` of the scrambled Sobol sequence.

    Scrambling is Matoušek's (*On the L2-discrepancy for anchored boxes*, 1998), by
    `scipy.stats.qmc.Sobol`; an inactive parameter keeps its dimension, so that a parameter always
    reads the same one.
    """
    block, offset = divmod(number, _BLOCK)
    return [float(unit) for unit in _sobol_block(dimensions, seed, block)[offset]]


@lru_cache(maxsize=64)
def _sobol_block(dimensions: int, seed: int, block: int) -> np.ndarray[tuple[int, int]]:
    # Imported only where needed: it takes a second and 50 MiB, and most studies do without.
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    if block:  # scipy 1.17 overflows when asked to skip nothing
        engine.fast_forward(block * _BLOCK)
    return np.asarray(engine.random(_BLOCK))
