"""Checks of a study's parameters, those included that the API server's rules cannot express."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from espalier.api.checks.collecting import Faults, caught, raise_first
from espalier.api.parameters import (
    MAX_NAME,
    NAME_PATTERN,
    FloatSpec,
    ParameterSpec,
    SamplerSpec,
    space_of,
)
from espalier.api.scalar import checked_scalar
from espalier.errors import SpecError
from espalier.search import (
    FloatRange,
    Grid,
    Parameter,
    SamplerError,
    Space,
    Value,
    branching,
    text_of,
)


def check_space(parameters: Sequence[ParameterSpec], sampler: SamplerSpec) -> None:
    """Check what no rule can say of parameters and sampler; the rules have been checked.

    Raises
    ------
    SpecError
        For the first parameter at fault.
    """
    raise_first(space_faults(parameters, sampler))


def space_faults(parameters: Sequence[ParameterSpec], sampler: SamplerSpec) -> Faults:
    """Yield all that `check_space` finds; of a sampler nothing where a parameter is at fault."""
    earlier: dict[str, ParameterSpec] = {}
    sound = True
    for index, parameter in enumerate(parameters):
        for fault in caught(_check_parameter, f"spec.parameters[{index}]", parameter, earlier):
            sound = False
            yield fault
        earlier.setdefault(parameter.name, parameter)
    if sound:
        space = space_of(parameters)
        yield from caught(_check_sampler, sampler, space)
        yield from caught(_check_kept, sampler, space)


def _check_parameter(
    path: str, parameter: ParameterSpec, earlier: Mapping[str, ParameterSpec]
) -> None:
    if parameter.name in earlier:
        raise SpecError(
            f"{path}.name",
            f"expected a name of its own, got {parameter.name!r} for the second time; "
            "rename one of the two",
        )
    if parameter.categorical is not None:
        _check_texts(f"{path}.categorical.values", parameter.categorical.values)
    elif parameter.float_ is not None:
        _check_resolution(f"{path}.float", parameter.float_)
    _check_when(path, parameter, earlier)


def _check_sampler(said: SamplerSpec, space: Space) -> None:
    try:
        sampler = said.sampler()
    except SamplerError as error:
        raise SpecError("spec.sampler.plugin", str(error)) from error
    objection = sampler.objection(space)
    if objection is not None:
        raise SpecError("spec.sampler.type", objection)
    if isinstance(sampler, Grid) and sampler.points is not None:
        for each in space.parameters:
            _check_points(each, sampler.points)


def _check_kept(said: SamplerSpec, space: Space) -> None:
    """Check that what is to stay open is a value of a choice on which others depend."""
    choices = dict(branching(space))
    given = () if said.close_branches is None else said.close_branches.keep
    for index, kept in enumerate(given):
        path = f"spec.sampler.closeBranches.keep[{index}]"
        choice = choices.get(kept.parameter)
        if choice is None:
            known = ", ".join(choices) or "there is none"
            raise SpecError(
                f"{path}.parameter",
                f"expected a categorical parameter on which others depend ({known}), got "
                f"{kept.parameter!r}; name one of them, or leave this out",
            )
        for value in kept.in_:
            if not choice.legal(value):
                raise SpecError(
                    f"{path}.in", f"expected {choice}, got {text_of(value)}; keep one of its values"
                )


def check_values(space: Space, values: Mapping[str, Any]) -> dict[str, Value]:
    """Return a configuration in the types of its space, whoever made it and whatever it holds.

    Raises
    ------
    SpecError
        If a value is not legal, is missing, or belongs to no active parameter.
    """
    chosen: dict[str, Value] = {}
    for parameter in space.parameters:
        path, name = f"spec.parameters.{parameter.name}", parameter.name
        if not parameter.active(chosen):
            if name in values and parameter.when is not None:
                raise SpecError(
                    path,
                    f"expected nothing, since {name} takes part only where "
                    f"{parameter.when.parameter} is {_listed(parameter.when.values)}, "
                    f"got {values[name]!r}; remove it",
                )
            continue
        if name not in values:
            raise SpecError(path, "expected a value, got nothing; add it")
        try:
            checked_scalar(values[name])
        except ValueError as error:
            raise SpecError(path, f"{error}; correct the value") from error
        if not parameter.domain.legal(values[name]):
            raise SpecError(
                path,
                f"expected what the study allows, {parameter.domain}, got {values[name]!r}; "
                "choose one of those",
            )
        chosen[name] = parameter.domain.parse(values[name])
    for name in values:
        if name not in {parameter.name for parameter in space.parameters}:
            known = _listed([parameter.name for parameter in space.parameters])
            raise SpecError(
                f"spec.parameters.{name}"
                if re.fullmatch(NAME_PATTERN, name)
                else "spec.parameters",
                f"expected one of the study's parameters ({known}), got {name[:MAX_NAME]!r}; "
                "remove it or correct its name",
            )
    return chosen


def _check_texts(path: str, values: Sequence[Value]) -> None:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        first = seen.setdefault(text_of(value), index)
        if first != index:
            raise SpecError(
                f"{path}[{index}]",
                f"expected values that the trainer can tell apart, got {text_of(value)!r} as in "
                f"[{first}]; remove one of the two",
            )


def _check_resolution(path: str, spec: FloatSpec) -> None:
    if spec.step is not None and spec.step < _resolution(spec):
        raise SpecError(
            f"{path}.step",
            f"expected a step that a number of the size of {spec.min} and {spec.max} can tell, at "
            f"least {_resolution(spec):.3g}, got {spec.step}; choose a larger step",
        )


def _resolution(spec: FloatSpec) -> float:
    """Return how far apart numbers are at the range's larger end."""
    return math.ulp(max(abs(spec.min), abs(spec.max)))


def _check_when(path: str, parameter: ParameterSpec, earlier: Mapping[str, ParameterSpec]) -> None:
    """Check that a parameter's condition asks for values that are ever taken."""
    when = parameter.when
    if when is None:
        return
    domain = earlier[when.parameter].domain()
    for index, value in enumerate(when.in_):
        if not domain.legal(value):
            raise SpecError(
                f"{path}.when.in[{index}]",
                f"expected a value that {when.parameter} can have ({domain}), got {value!r}; "
                "correct or remove it",
            )


def _check_points(parameter: Parameter, points: int) -> None:
    """Check that the points of a float range differ: a very narrow one has not so many numbers."""
    domain = parameter.domain
    if not isinstance(domain, FloatRange) or domain.step is not None:
        return
    spread = domain.points(points)
    different = len({spread.at(index) for index in range(spread.size)})
    if different < spread.size:
        raise SpecError(
            "spec.sampler.grid.points",
            f"expected at most {different}, since {parameter.name} has no more different numbers "
            f"between {domain.min} and {domain.max}, got {points}; lower points, or widen the "
            "range",
        )


def _listed(values: Sequence[Value]) -> str:
    return ", ".join(text_of(value) for value in values)
