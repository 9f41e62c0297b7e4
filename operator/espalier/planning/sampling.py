"""Which configuration a trial's number stands for, as far as a grid has been run through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from espalier.planning.endings.of_study import forgiven_end
from espalier.planning.standing.standing import Standing
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.names import FIRST_HAND_MADE


def parameters_of(
    blueprint: Blueprint, numbers: Sequence[int], standings: Sequence[Standing]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the parameters of new trials, in the order of their numbers.

    Numbers beyond the size of a grid run again what trials have lost to a fault that an earlier
    template had.
    """
    size = blueprint.size
    beyond = size is not None and any(number >= size for number in numbers)
    lost = iter(_lost(blueprint, standings, size) if size is not None and beyond else ())
    for number in numbers:
        point = number if size is None or number < size else next(lost, None)
        if point is None:
            return
        yield number, blueprint.configuration(point)


def _lost(blueprint: Blueprint, standings: Sequence[Standing], size: int) -> list[int]:
    """Return the points of the grid that were lost to an earlier template and not run again since.

    A trial beyond the grid's size stands for the lost point that has its parameters; where its
    object is gone, for the first one that was lost before it.
    """
    open_: list[int] = []
    for standing in standings:
        number = standing.number
        if number >= FIRST_HAND_MADE:
            break
        point = number
        if number >= size:
            view = standing.view
            same = (
                [p for p in open_ if blueprint.configuration(p) == dict(view.parameters)]
                if view is not None
                else open_
            )
            if not (same or open_):
                continue
            point = (same or open_)[0]
            open_.remove(point)
        if standing.end is not None and forgiven_end(standing.end, blueprint.template):
            open_.append(point)
    return open_
