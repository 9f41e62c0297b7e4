"""Which configuration a trial's number stands for, as far as a grid has been run through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from espalier.planning.standing.look import Look
from espalier.planning.world.names import FIRST_HAND_MADE


def parameters_of(look: Look, numbers: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the parameters of new trials, in the order of their numbers.

    Numbers beyond the size of a grid run again what trials have lost to a fault that an earlier
    template had.
    """
    blueprint = look.blueprint
    size = blueprint.size
    beyond = size is not None and any(number >= size for number in numbers)
    lost = iter(_lost(look, size) if size is not None and beyond else ())
    for number in numbers:
        point = number if size is None or number < size else next(lost, None)
        if point is None:
            return
        yield number, blueprint.configuration(point)


def _lost(look: Look, size: int) -> list[int]:
    """Return the points of the grid that were lost to an earlier template and not run again since.

    A trial beyond the grid's size stands for the lost point that has its parameters; where its
    object is gone, for the first one that was lost before it.
    """
    blueprint, faults = look.blueprint, look.tally.faults
    forgiven = {n for n, template in faults.items() if template != blueprint.template}
    beyond = set(look.tally.numbers.irange(size, FIRST_HAND_MADE - 1))
    beyond |= {each.number for each in look.going_on if size <= each.number < FIRST_HAND_MADE}
    open_: list[int] = []
    for number in sorted(forgiven | beyond):
        point = number
        if number >= size:
            view = look.view(number)
            same = (
                [p for p in open_ if blueprint.configuration(p) == dict(view.parameters)]
                if view is not None
                else open_
            )
            if not (same or open_):
                continue
            point = (same or open_)[0]
            open_.remove(point)
        if number in forgiven:
            open_.append(point)
    return open_
