"""Checks of a study's parameters, those included that the API server's rules cannot express."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from espalier.api.parameters import (
    LARGEST_FLOAT,
    MAX_LATTICE,
    MAX_NAME,
    NAME_PATTERN,
    FloatSpec,
    IntSpec,
    ParameterSpec,
    SamplerSpec,
    space_of,
)
from espalier.api.scalar import checked_scalar
from espalier.errors import SpecError
from espalier.search import FloatRange, Parameter, Scale, Space, Value, text_of


def check_space(parameters: Sequence[ParameterSpec], sampler: SamplerSpec) -> None:
    """Check that parameters and sampler make a space that can be sampled.

    Raises
    ------
    SpecError
        For the first parameter at fault.
    """
    earlier: dict[str, ParameterSpec] = {}
    for index, parameter in enumerate(parameters):
        path = f"spec.parameters[{index}]"
        if parameter.name in earlier:
            raise SpecError(
                f"{path}.name",
                f"expected a name of its own, got {parameter.name!r} for the second time; "
                "rename one of the two",
            )
        _check_kind(path, parameter)
        _check_when(path, parameter, earlier)
        earlier[parameter.name] = parameter
    _check_sampler(parameters, sampler)


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


def _check_kind(path: str, parameter: ParameterSpec) -> None:
    kinds = {
        "float": parameter.float_,
        "int": parameter.int_,
        "categorical": parameter.categorical,
    }
    given = [kind for kind, spec in kinds.items() if spec is not None]
    if len(given) != 1:
        raise SpecError(
            path,
            "expected exactly one of float, int and categorical, "
            f"got {' and '.join(given) or 'none'}; keep one of them",
        )
    if parameter.categorical is not None:
        _check_texts(f"{path}.categorical.values", parameter.categorical.values)
    elif (spec := parameter.float_ or parameter.int_) is not None:
        _check_range(f"{path}.{given[0]}", spec)


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


def _check_range(path: str, spec: FloatSpec | IntSpec) -> None:
    if not spec.min < spec.max:
        raise SpecError(
            f"{path}.min",
            f"expected min to be less than max ({spec.max}), got {spec.min}; swap them, or leave "
            "the parameter out if it has one value",
        )
    if spec.scale is Scale.LOG and not spec.min > 0:
        raise SpecError(
            f"{path}.min",
            f"expected min greater than 0, since scale is Log, got {spec.min}; raise min, or set "
            "scale: Linear",
        )
    if isinstance(spec, FloatSpec) and not (
        spec.min >= -LARGEST_FLOAT and spec.max <= LARGEST_FLOAT
    ):
        raise SpecError(
            path,
            f"expected min and max between -1e300 and 1e300, got {spec.min} and {spec.max}; choose "
            "a narrower range",
        )
    if spec.step is None:
        return
    if spec.scale is Scale.LOG:
        raise SpecError(
            f"{path}.step",
            f"expected no step, since scale is Log, got {spec.step}; remove step, or set "
            "scale: Linear",
        )
    steps = (spec.max - spec.min) / spec.step
    if steps < 1 or (isinstance(spec, FloatSpec) and steps > MAX_LATTICE):
        raise SpecError(
            f"{path}.step",
            f"expected a step that fits between min and max, at most 1e9 times, got {spec.step}; "
            "choose another step",
        )
    if isinstance(spec, FloatSpec) and spec.step < _resolution(spec):
        raise SpecError(
            f"{path}.step",
            f"expected a step that a number of the size of {spec.min} and {spec.max} can tell, at "
            f"least {_resolution(spec):.3g}, got {spec.step}; choose a larger step",
        )


def _resolution(spec: FloatSpec) -> float:
    """Return how far apart numbers are at the range's larger end."""
    return math.ulp(max(abs(spec.min), abs(spec.max)))


def _check_when(path: str, parameter: ParameterSpec, earlier: Mapping[str, ParameterSpec]) -> None:
    when = parameter.when
    if when is None:
        return
    parent = earlier.get(when.parameter)
    if parent is None:
        raise SpecError(
            f"{path}.when.parameter",
            "expected the name of a parameter that comes before "
            f"({_listed(list(earlier)) or 'there is none'}), got {when.parameter!r}; put that "
            "parameter first in the list, or correct the name",
        )
    if parent.float_ is not None:
        raise SpecError(
            f"{path}.when.parameter",
            f"expected a categorical or int parameter, got {when.parameter!r}, which is a float "
            "one; make that one categorical or int",
        )
    domain = parent.domain()
    for index, value in enumerate(when.in_):
        if not domain.legal(value):
            raise SpecError(
                f"{path}.when.in[{index}]",
                f"expected a value that {when.parameter} can have ({domain}), got {value!r}; "
                "correct or remove it",
            )


def _check_sampler(parameters: Sequence[ParameterSpec], sampler: SamplerSpec) -> None:
    if sampler.type != "Grid":
        if sampler.grid is not None:
            raise SpecError(
                "spec.sampler.grid",
                f"expected no grid, since type is {sampler.type}, got one; set type: Grid, or "
                "remove grid",
            )
        return
    for parameter, spec in zip(space_of(parameters).parameters, parameters, strict=True):
        if sampler.grid is None and parameter.domain.size is None and spec.float_ is not None:
            raise SpecError(
                "spec.sampler",
                "expected a finite number of values, since type is Grid, got the continuum of "
                f"{parameter.name}; give it a step, or set sampler.grid.points",
            )
        _check_points(parameter, sampler)


def _check_points(parameter: Parameter, sampler: SamplerSpec) -> None:
    """Check that the points of a float range differ: a very narrow one has not so many numbers."""
    domain, grid = parameter.domain, sampler.grid
    if grid is None or not isinstance(domain, FloatRange) or domain.step is not None:
        return
    spread = domain.points(grid.points)
    different = len({spread.at(index) for index in range(spread.size)})
    if different < spread.size:
        raise SpecError(
            "spec.sampler.grid.points",
            f"expected at most {different}, since {parameter.name} has no more different numbers "
            f"between {domain.min} and {domain.max}, got {grid.points}; lower points, or widen the "
            "range",
        )


def _listed(values: Sequence[Value]) -> str:
    return ", ".join(text_of(value) for value in values)
