"""What a sampler is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from espalier.declared.settings import Declared
from espalier.search.history import History
from espalier.search.space import Space, Value


@dataclass(frozen=True, kw_only=True)
class Sampler(Declared, ABC):
    """Proposes the parameters of trials; its fields are its settings.

    A sampler is pure: no clock, no I/O, and no randomness but what follows from `seed` and
    `number`. The same arguments give the same proposal, in whatever order trials are asked for.
    """

    def size(self, space: Space) -> int | None:
        """Return how many different configurations there are to propose; None is no limit.

        Trial numbers go from 0 to one less than this: a study that has run them all is at its
        end, since it never runs a known configuration again.
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
            What was learnt before; samplers that do not learn ignore it.
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
