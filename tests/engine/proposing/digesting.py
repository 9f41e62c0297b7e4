"""A sampler that learns, with nothing but a hash: its proposals show all that it is told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from espalier.search import History, Sampler, Space, Value
from espalier.search.samplers.base import place

_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class Digesting(Sampler):
    """Proposes another configuration after any other history."""

    name: ClassVar[str] = "Digesting"
    learns: ClassVar[bool] = True

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return the configuration that a hash of all arguments points at."""
        told = [
            [
                (each.number, sorted(each.parameters.items()), each.outcome.value),
                (list(each.steps), list(each.scores)),
                (each.told.value, each.score, each.deviation),
            ]
            for each in history
        ]
        units = []
        for index in range(len(space.parameters)):
            text = f"{seed}/{number}/{index}/{told!r}".encode()
            digest = hashlib.blake2b(text, digest_size=_BYTES).digest()
            units.append(int.from_bytes(digest, "big") / 256**_BYTES)
        return place(space, units)
