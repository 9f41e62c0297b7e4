"""Bounds of settings, declared as annotations of their fields and checked where they are made."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le, Lt

LARGEST_STEP = 2**53 - 1
"""The largest whole number that JSON's readers all hold exactly."""
LARGEST_NUMBER = 1e300
"""The largest size of a number: sums and differences of such numbers are finite."""
LARGEST_COUNT = 1_000_000

Step = Annotated[int, Ge(0), Le(LARGEST_STEP)]
"""A step, from 0 on."""
Resource = Annotated[int, Ge(1), Le(LARGEST_STEP)]
"""A number of steps, at least 1."""
Count = Annotated[int, Ge(0), Le(LARGEST_COUNT)]
"""How many of something, maybe none."""
Times = Annotated[int, Ge(1), Le(LARGEST_COUNT)]
"""How many of something, at least one."""
Number = Annotated[float, Ge(-LARGEST_NUMBER), Le(LARGEST_NUMBER)]
"""Any number that is not huge."""


@dataclass(frozen=True, slots=True)
class WithinTrial:
    """A step that must lie within a trial, as `resource.max` bounds it.

    Parameters
    ----------
    relation
        ``<`` or ``<=``: how it must stand to `resource.max`.
    otherwise
        What happens if it does not.
    """

    relation: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Given:
    """A setting that must be given where its section is, though the section may be left out."""


def annotations_of(kind: type) -> dict[str, Any]:
    """Return the annotations of a dataclass's fields, its bases' included, by name.

    A plug-in may hide its types from everybody but the type checker: a class whose annotations
    cannot be read has declared nothing.
    """
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        try:
            found |= inspect.get_annotations(base, eval_str=True)
        except NameError:
            continue
    return {field.name: found[field.name] for field in fields(kind) if field.name in found}


def own_fields(kind: type) -> list[str]:
    """Return the fields that a dataclass has and none of its bases has."""
    inherited = {
        name for base in kind.__mro__[1:] for name in getattr(base, "__dataclass_fields__", ())
    }
    return [field.name for field in fields(kind) if field.name not in inherited]


def metadata_of(annotation: Any) -> tuple[Any, ...]:
    """Return what is declared of a field, also where it may be None."""
    if get_origin(annotation) is Annotated:
        inner, *own = get_args(annotation)
        return (*metadata_of(inner), *own)
    return tuple(each for inner in get_args(annotation) for each in metadata_of(inner))


def first_outside(settings: object) -> tuple[str, str] | None:
    """Return the first field of a dataclass that is out of its bounds, and what was expected."""
    kind: type = type(settings)
    for name, bound in _bounds(kind):
        value = getattr(settings, name)
        if value is not None and not bound.has(value):
            return name, bound.words
    return None


_CHECKS: Mapping[str, Callable[[Any, Any], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
_SAID = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


@dataclass(frozen=True, slots=True)
class _Bound:
    """Limits that stand together, and their words."""

    limits: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, declared: Any) -> _Bound:
        found = ((kind, getattr(declared, kind, None)) for kind in _CHECKS)
        return cls(tuple((kind, limit) for kind, limit in found if limit is not None))

    def has(self, value: Any) -> bool:
        """Whether a value is within all limits; NaN is within none."""
        return all(_CHECKS[kind](value, limit) for kind, limit in self.limits)

    @property
    def words(self) -> str:
        """What is expected."""
        if len(self.limits) == 1:
            ((kind, limit),) = self.limits
            return f"{_SAID[kind]} {limit}"
        (low, least), (high, most) = self.limits
        if (low, high) == ("ge", "le"):
            return f"between {least} and {most}"
        return f"in {'[' if low == 'ge' else '('}{least}, {most}{']' if high == 'le' else ')'}"


@cache
def _bounds(kind: type) -> tuple[tuple[str, _Bound], ...]:
    return tuple(
        (name, _Bound.of(each))
        for name, annotation in annotations_of(kind).items()
        for each in metadata_of(annotation)
        if isinstance(each, Ge | Gt | Le | Lt | Interval)
    )
