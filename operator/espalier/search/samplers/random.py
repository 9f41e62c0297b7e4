"""Each parameter drawn by itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from espalier.search.history import History
from espalier.search.samplers.base import Sampler, check_number, place
from espalier.search.space import Space, Value

_DOUBLE_BITS = 53


@dataclass(frozen=True, kw_only=True)
class Random(Sampler):
    """Each parameter independently."""

    name: ClassVar[str] = "Random"

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return values that follow from the seed, the parameter's name and the number alone."""
        check_number(number)
        return place(space, (random_unit(seed, each.name, number) for each in space.parameters))


def random_unit(seed: int, name: str, number: int) -> float:
    """Return a uniform number of [0, 1) that belongs to a parameter of a trial.

    Philox 4x64-10 (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC'11) keyed by
    the seed and the parameter's name, with the trial's number as its counter: a parameter's values
    do not change when others are added. Raw output is used, which numpy keeps stable over versions.
    """
    digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
    philox = np.random.Philox(key=int.from_bytes(digest, "big"), counter=number)
    return (int(philox.random_raw()) >> (64 - _DOUBLE_BITS)) * 2.0**-_DOUBLE_BITS
