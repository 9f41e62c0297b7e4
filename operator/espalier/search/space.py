"""The space of a study's parameters: domains, conditions between them, and membership."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

Value = str | int | float | bool
_APART = 1e-11
"""Neighbours that differ by this share of their size still differ with 12 digits."""


class Scale(StrEnum):
    """How a numeric range is covered."""

    LINEAR = "Linear"
    LOG = "Log"


def same(left: Value, right: Value) -> bool:
    """Whether two parameter values are one: ``1`` is ``1.0``, but ``True`` is not ``1``."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def text_of(value: Value) -> str:
    """Return the text in which a value reaches the trainer (``PARAM_<name>``).

    Strings as they are, booleans as ``true`` and ``false``, numbers in their shortest exact form.
    """
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class FloatRange:
    """Real numbers from `min` to `max`, both included; with `step`, a lattice that starts at `min`.

    The lattice is computed in decimals, so that 0.1 + 2 · 0.1 is 0.3.
    """

    min: float
    max: float
    scale: Scale = Scale.LINEAR
    step: float | None = None

    def __str__(self) -> str:
        """Return the values in words."""
        return f"numbers from {self.min} to {self.max}{_manner(self.scale, self.step)}"

    @cached_property
    def size(self) -> int | None:
        """Number of values, or None where there is a continuum."""
        if self.step is None:
            return None
        return int((_decimal(self.max) - _decimal(self.min)) // _decimal(self.step)) + 1

    def at(self, index: int) -> float:
        """Return the lattice's value number `index`, counted from 0.

        Raises
        ------
        ValueError
            If the range has no step.
        """
        if self.step is None:
            raise ValueError(f"{self} has no step, so its values cannot be counted")
        return float(_decimal(self.min) + index * _decimal(self.step))

    def from_unit(self, unit: float) -> float:
        """Map a number of [0, 1) onto the range, evenly on its scale."""
        if self.size is not None:
            return self.at(_index(unit, self.size))
        if self.scale is Scale.LOG:
            low, high = math.log(self.min), math.log(self.max)
            value = math.exp(low + unit * (high - low))
        else:
            value = self.min + unit * (self.max - self.min)
        return min(max(value, self.min), self.max)

    def points(self, count: int) -> FloatPoints:
        """Return `count` values spread evenly over the range on its scale, both ends included."""
        return FloatPoints(self, count)

    def legal(self, value: Value) -> bool:
        """Whether `value` is one of the range's values."""
        if isinstance(value, bool | str) or not self.min <= value <= self.max:
            return False
        if self.step is None:
            return True
        index = round((value - self.min) / self.step)
        return math.isclose(self.at(index), value, rel_tol=1e-9, abs_tol=1e-9 * self.step)

    def parse(self, value: Value) -> Value:
        """Return a legal `value` in the range's own type (JSON turns 1.0 into 1)."""
        return float(value)


@dataclass(frozen=True)
class FloatPoints:
    """A number of values spread evenly over a float range; what a grid makes of a continuum."""

    range: FloatRange
    count: int

    @property
    def size(self) -> int:
        """Number of values."""
        return self.count

    def at(self, index: int) -> float:
        """Return value number `index`, counted from 0: the ends exactly, the rest to 12 digits.

        A range so narrow that 12 digits would make two of them one gets all digits.
        """
        if index in (0, self.count - 1):
            return self.range.max if index else self.range.min
        value = self.range.from_unit(index / (self.count - 1))
        if self._wide:
            value = float(f"{value:.12g}")
        return min(max(value, self.range.min), self.range.max)

    @cached_property
    def _wide(self) -> bool:
        low, high = self.range.min, self.range.max
        if self.range.scale is Scale.LOG:
            apart = math.log(high) - math.log(low)
        else:
            apart = (high - low) / max(abs(low), abs(high))
        return apart / (self.count - 1) > _APART


@dataclass(frozen=True)
class IntRange:
    """Integers from `min` to `max`, both included; with `step`, a lattice that starts at `min`."""

    min: int
    max: int
    scale: Scale = Scale.LINEAR
    step: int | None = None

    def __str__(self) -> str:
        """Return the values in words."""
        return f"integers from {self.min} to {self.max}{_manner(self.scale, self.step)}"

    @property
    def size(self) -> int:
        """Number of values."""
        return (self.max - self.min) // (self.step or 1) + 1

    def at(self, index: int) -> int:
        """Return value number `index`, counted from 0."""
        return self.min + index * (self.step or 1)

    def from_unit(self, unit: float) -> int:
        """Map a number of [0, 1) onto the range, evenly on its scale.

        On the log scale each integer owns the numbers that round to it, its ends half a unit
        beyond the range, as in Optuna's ``IntDistribution(log=True)``.
        """
        if self.scale is Scale.LINEAR:
            return self.at(_index(unit, self.size))
        low, high = math.log(self.min - 0.5), math.log(self.max + 0.5)
        return min(max(round(math.exp(low + unit * (high - low))), self.min), self.max)

    def points(self, count: int) -> Choice:
        """Return at most `count` different values spread evenly over the range on its scale."""
        spread = FloatRange(self.min, self.max, self.scale).points(count)
        return Choice(tuple(dict.fromkeys(round(spread.at(index)) for index in range(count))))

    def legal(self, value: Value) -> bool:
        """Whether `value` is one of the range's values."""
        if isinstance(value, bool | str) or not self.min <= value <= self.max:
            return False
        return int(value) == value and (int(value) - self.min) % (self.step or 1) == 0

    def index(self, value: Value) -> int:
        """Return the index of a legal value."""
        return (int(value) - self.min) // (self.step or 1)

    def parse(self, value: Value) -> Value:
        """Return a legal `value` in the range's own type."""
        return int(value)


@dataclass(frozen=True)
class Choice:
    """One of several strings, numbers or booleans."""

    values: tuple[Value, ...]

    def __str__(self) -> str:
        """Return the values in words."""
        return f"one of {', '.join(text_of(value) for value in self.values)}"

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    def at(self, index: int) -> Value:
        """Return value number `index`, counted from 0."""
        return self.values[index]

    def from_unit(self, unit: float) -> Value:
        """Map a number of [0, 1) onto the values, each with the same share."""
        return self.values[_index(unit, len(self.values))]

    def legal(self, value: Value) -> bool:
        """Whether `value` is one of the values."""
        return any(same(value, own) for own in self.values)

    def index(self, value: Value) -> int:
        """Return the index of a legal value."""
        return next(index for index, own in enumerate(self.values) if same(value, own))

    def parse(self, value: Value) -> Value:
        """Return the value of the choice that equals `value`."""
        return self.values[self.index(value)]


Domain = FloatRange | IntRange | Choice


@dataclass(frozen=True)
class When:
    """A condition: the parameter exists only where `parameter` has one of `values`."""

    parameter: str
    values: tuple[Value, ...]

    def holds(self, chosen: Mapping[str, Value]) -> bool:
        """Whether the condition holds; not so where the other parameter is itself inactive."""
        return self.parameter in chosen and _key(chosen[self.parameter]) in self._keys

    @cached_property
    def _keys(self) -> frozenset[tuple[bool, Value]]:
        return frozenset(map(_key, self.values))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named domain, and when it takes part."""

    name: str
    domain: Domain
    when: When | None = None

    def active(self, chosen: Mapping[str, Value]) -> bool:
        """Whether the parameter takes part, given the values of the parameters before it."""
        return self.when is None or self.when.holds(chosen)


@dataclass(frozen=True, slots=True)
class Space:
    """The parameters of a study, in order; a condition names a parameter that came before."""

    parameters: tuple[Parameter, ...]

    def __getitem__(self, name: str) -> Parameter:
        """Return the parameter called `name`; KeyError if there is none."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)


def _manner(scale: Scale, step: float | None) -> str:
    return " on a log scale" if scale is Scale.LOG else "" if step is None else f" by {step}"


def _key(value: Value) -> tuple[bool, Value]:
    """Return what two values have in common that are the same."""
    return isinstance(value, bool), value


def _decimal(number: float) -> Decimal:
    return Decimal(repr(float(number)))


def _index(unit: float, size: int) -> int:
    return min(int(unit * size), size - 1)
