"""Configurations that a Study lists, which may leave parameters out."""

from __future__ import annotations

from collections.abc import Mapping

from espalier.search.samplers.random import random_unit
from espalier.search.space import Space, Value


def complete(space: Space, given: Mapping[str, Value], seed: int, number: int) -> dict[str, Value]:
    """Return a configuration with the values given, the rest drawn for a trial's number.

    What is drawn is what `Random` would draw, in the order of the space.

    Parameters
    ----------
    space
        What is chosen from; the values given are legal and take part.
    given
        Values by parameter.
    seed, number
        The study's and the trial's.
    """
    chosen: dict[str, Value] = {}
    for parameter in space.parameters:
        if not parameter.active(chosen):
            continue
        if parameter.name in given:
            chosen[parameter.name] = parameter.domain.parse(given[parameter.name])
        else:
            unit = random_unit(seed, parameter.name, number)
            chosen[parameter.name] = parameter.domain.from_unit(unit)
    return chosen
