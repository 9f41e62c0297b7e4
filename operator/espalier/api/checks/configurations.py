"""Checks of configurations that a Study names itself, in whole or in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from espalier.api.checks.collecting import Faults, caught
from espalier.api.warm_start import WarmStartSpec
from espalier.errors import SpecError
from espalier.search import Parameter, Space, Value, text_of


def enqueued_faults(space: Space, configurations: Sequence[Mapping[str, Value]]) -> Faults:
    """Yield what keeps each configuration from being completed to one of the space."""
    for index, given in enumerate(configurations):
        yield from caught(_check_configuration, f"spec.enqueue[{index}]", space, given)


def _check_configuration(path: str, space: Space, given: Mapping[str, Value]) -> None:
    if not given:
        raise SpecError(
            path,
            "expected the value of at least one parameter, got none; add one, or remove it",
        )
    _check_names(path, space, given)
    for parameter in space.parameters:
        if parameter.name in given:
            _check_value(f"{path}.{parameter.name}", parameter, given[parameter.name])
            _check_taking_part(f"{path}.{parameter.name}", space, parameter, given)


def check_warm_start(space: Space, warm_start: WarmStartSpec) -> None:
    """Check that each parameter is mapped once, and filled with what is legal.

    Raises
    ------
    SpecError
        For the first at fault.
    """
    seen: set[str] = set()
    for index, mapped in enumerate(warm_start.parameters):
        path = f"spec.warmStart.parameters[{index}]"
        if mapped.name in seen:
            raise SpecError(
                f"{path}.name",
                f"expected a name of its own, got {mapped.name!r} for the second time; keep one of "
                "the two",
            )
        seen.add(mapped.name)
        if mapped.was is None and mapped.fill is None:
            raise SpecError(
                path,
                "expected was or fill, got neither; say what the parameter was called, or which "
                "value it had",
            )
        if mapped.fill is not None:
            _check_value(f"{path}.fill", space[mapped.name], mapped.fill)


def _check_names(path: str, space: Space, given: Mapping[str, Value]) -> None:
    known = [parameter.name for parameter in space.parameters]
    for name in given:
        if name not in known:
            raise SpecError(
                f"{path}.{name}",
                f"expected one of the study's parameters ({', '.join(known)}), got {name!r}; "
                "remove it or correct its name",
            )


def _check_value(path: str, parameter: Parameter, value: Value) -> None:
    if not parameter.domain.legal(value):
        raise SpecError(
            path,
            f"expected what the study allows, {parameter.domain}, got {value!r}; choose one of "
            "those",
        )


def _check_taking_part(
    path: str, space: Space, parameter: Parameter, given: Mapping[str, Value]
) -> None:
    """Check that a parameter takes part for certain: what it depends on must be given, too."""
    when = parameter.when
    if when is None:
        return
    values = ", ".join(map(text_of, when.values))
    if when.parameter not in given:
        raise SpecError(
            path,
            f"expected {when.parameter} beside it, since {parameter.name} takes part only where "
            f"that is {values}, got nothing of it; add it",
        )
    asked = space[when.parameter]
    if asked.domain.legal(given[when.parameter]) and not parameter.active(
        {when.parameter: asked.domain.parse(given[when.parameter])}
    ):
        raise SpecError(
            path,
            f"expected nothing, since {parameter.name} takes part only where {when.parameter} is "
            f"{values}, got {given[parameter.name]!r}; remove it",
        )
