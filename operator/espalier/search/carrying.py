"""Configurations of earlier studies, carried over to the parameters of the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from espalier.search.space import Space, Value


@dataclass(frozen=True, slots=True)
class Predecessor:
    """Where a parameter's values come from in earlier configurations.

    Parameters
    ----------
    name
        The parameter's, today.
    was
        What it was called; its own name where that is empty.
    fill
        Its value in configurations that have none; None: those are left out.
    """

    name: str
    was: str = ""
    fill: Value | None = None


class NotCarried(Exception):
    """A configuration has no counterpart in the present space; the message says why."""


def carry_over(
    space: Space, predecessors: Sequence[Predecessor], given: Mapping[str, Value]
) -> dict[str, Value]:
    """Return the present counterpart of an earlier configuration.

    Values of parameters that take no part today are passed over, whatever they are.

    Raises
    ------
    NotCarried
        If a parameter that takes part has no value, or one that is not legal today.
    """
    by_name = {each.name: each for each in predecessors}
    chosen: dict[str, Value] = {}
    for parameter in space.parameters:
        if not parameter.active(chosen):
            continue
        name = parameter.name
        before = by_name.get(name, Predecessor(name))
        value = given.get(before.was or name, before.fill)
        if value is None:
            raise NotCarried(f"no value of {name}")
        if not parameter.domain.legal(value):
            raise NotCarried(f"{name} out of its range")
        chosen[name] = parameter.domain.parse(value)
    return chosen


def in_common(
    space: Space, predecessors: Sequence[Predecessor], names: frozenset[str]
) -> list[str]:
    """Return which of today's parameters have a predecessor among some names."""
    was = {each.name: each.was for each in predecessors}
    return [each.name for each in space.parameters if (was.get(each.name) or each.name) in names]
