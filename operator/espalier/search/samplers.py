"""Random, Sobol and Grid sampling, each a pure function of the seed and the trial's number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from espalier.search.grid import grid_point, grid_size
from espalier.search.space import Space, Value

_BLOCK = 128
_DOUBLE_BITS = 53


class SamplerType(StrEnum):
    """How trials' parameters are chosen."""

    RANDOM = "Random"
    GRID = "Grid"
    SOBOL = "Sobol"


@dataclass(frozen=True, slots=True)
class Sampler:
    """A sampler and its settings.

    Attributes
    ----------
    type
        Which sampler.
    points
        Grid only: number of values taken from a numeric range that has no step.
    """

    type: SamplerType = SamplerType.RANDOM
    points: int | None = None

    def size(self, space: Space) -> int | None:
        """Return how many different configurations there are to sample; None is no limit.

        Trial numbers go from 0 to one less than this: a study whose grid is exhausted is at its
        end, since it never runs a known configuration again.
        """
        return grid_size(space, self.points) if self.type is SamplerType.GRID else None


def sample(space: Space, sampler: Sampler, seed: int, number: int) -> dict[str, Value]:
    """Return the parameters of trial `number`.

    A parameter whose condition does not hold is absent.

    Raises
    ------
    IndexError
        If the sampler is a grid with fewer configurations.
    """
    if number < 0:
        raise IndexError(f"trial numbers start at 0, got {number}")
    if sampler.type is SamplerType.GRID:
        return grid_point(space, sampler.points, seed, number)
    if sampler.type is SamplerType.SOBOL:
        units = sobol_units(len(space.parameters), seed, number)
    else:
        units = [random_unit(seed, parameter.name, number) for parameter in space.parameters]
    chosen: dict[str, Value] = {}
    for parameter, unit in zip(space.parameters, units, strict=True):
        if parameter.active(chosen):
            chosen[parameter.name] = parameter.domain.from_unit(unit)
    return chosen


def random_unit(seed: int, name: str, number: int) -> float:
    """Return a uniform number of [0, 1) that belongs to a parameter of a trial.

    Philox 4x64-10 (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC'11) keyed by
    the seed and the parameter's name, with the trial's number as its counter: a parameter's values
    do not change when others are added. Raw output is used, which numpy keeps stable over versions.
    """
    digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
    philox = np.random.Philox(key=int.from_bytes(digest, "big"), counter=number)
    return (int(philox.random_raw()) >> (64 - _DOUBLE_BITS)) * 2.0**-_DOUBLE_BITS


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
