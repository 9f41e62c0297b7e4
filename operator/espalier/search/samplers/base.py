"""What a sampler is."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

from espalier.declared.bounds import first_outside
from espalier.declared.names import camel
from espalier.declared.settings import Declared
from espalier.search.history import History
from espalier.search.space import Space, Value


class SamplerError(ValueError):
    """The sampler's settings cannot be used; fix your spec."""


@dataclass(frozen=True, kw_only=True)
class Sampler(Declared, ABC):
    """Proposes the parameters of trials; its fields are its settings.

    A sampler is pure: no clock, no I/O, and no randomness but what follows from `seed` and
    `number`. The same arguments give the same proposal, in whatever order trials are asked for.

    Attributes
    ----------
    learns
        Whether proposals depend on the history: then they are computed apart from the loop, and
        stored before a trial runs them.
    libraries
        The packages whose versions a proposal depends on, in other versions of which it may be
        another one; none where it is promised to stay.
    """

    learns: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Check the settings against the bounds that their annotations declare.

        Raises
        ------
        SamplerError
            If one is out of its bounds.
        """
        if (outside := first_outside(self)) is not None:
            field, expected = outside
            raise SamplerError(
                f"{self.name}: expected {camel(field)} to be {expected}, got "
                f"{getattr(self, field)!r}; change it"
            )

    @classmethod
    def versions(cls) -> str:
        """Return the versions of `libraries` that are installed: ``optuna 5.0.0, numpy 2.4.6``."""
        return ", ".join(f"{each} {version(each)}" for each in cls.libraries)

    def size(self, space: Space) -> int | None:
        """Return how many different configurations there are to propose; None is no limit.

        Trial numbers go from 0 to one less than this: a study that has run them all is at its
        end, since it never runs a known configuration again.
        """
        return None

    def objection(self, space: Space) -> str | None:
        """Return why a space cannot be sampled, and what to do; None if it can.

        In the form of what a `SpecError` says: what was expected, what came, what to do.
        """
        return None

    @abstractmethod
    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return the parameters of a trial, in the order of the space; inactive ones are absent.

        Parameters
        ----------
        space
            The parameters to choose from.
        history
            The trials before, with what is told of each; samplers that do not learn ignore it.
        seed
            The study's seed.
        number
            The trial's number, from 0 on.

        Raises
        ------
        IndexError
            If there is no trial of this number.
        """


def place(space: Space, units: Iterable[float]) -> dict[str, Value]:
    """Return the configuration at a point of the unit cube.

    Parameters
    ----------
    space
        The parameters.
    units
        A number of [0, 1) for each of them, those included that turn out to be inactive.
    """
    chosen: dict[str, Value] = {}
    for parameter, unit in zip(space.parameters, units, strict=True):
        if parameter.active(chosen):
            chosen[parameter.name] = parameter.domain.from_unit(unit)
    return chosen


def check_number(number: int) -> None:
    """Raise `IndexError` if no trial can have this number."""
    if number < 0:
        raise IndexError(f"trial numbers start at 0, got {number}")


def sampler_seed(seed: int, number: int) -> int:
    """Return the seed that a proposal's own chance follows from, as 32 bits."""
    digest = hashlib.blake2b(f"{seed}/proposal/{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
