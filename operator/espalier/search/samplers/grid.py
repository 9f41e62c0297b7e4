"""Grids over conditional spaces: every configuration once, found from its number alone.

A configuration is a path through a forest: a parameter's children are those whose condition names
it. The number of configurations under a value is the product over the children that the value
activates, so a number decodes by mixed radix, and no inactive parameter multiplies anything. The
numbers are then permuted by the seed: the first trials are spread over the whole grid instead of
lying in one corner of it, which would also mislead a pruner that compares with earlier trials.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from espalier.declared.bounds import Given
from espalier.search.history import History
from espalier.search.samplers.base import Sampler
from espalier.search.space import (
    Choice,
    FloatPoints,
    FloatRange,
    IntRange,
    Parameter,
    Space,
    Value,
    same,
)

_ROUNDS = 6
_DIGEST_BITS = 128
Axis = FloatPoints | FloatRange | IntRange | Choice


@dataclass(frozen=True, kw_only=True)
class Grid(Sampler):
    """Each configuration once, in an order that the seed gives; the study ends when all were run.

    Parameters
    ----------
    points
        Number of values taken, evenly on its scale, from each range that has no step. Without it
        every value is taken, of which there must be finitely many.
    """

    points: Annotated[int, Ge(2), Le(1000), Given()] | None = None

    name: ClassVar[str] = "Grid"

    def size(self, space: Space) -> int:
        """Return the number of different configurations in the grid.

        Raises
        ------
        ValueError
            If a parameter has a continuum of values and there are no `points`.
        """
        return _size(_forest(space, self.points))

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return configuration `number` of the grid, in the order that `seed` gives.

        Raises
        ------
        IndexError
            If the grid has no such number: it is exhausted.
        ValueError
            As `size`.
        """
        forest = _forest(space, self.points)
        size = _size(forest)
        if not 0 <= number < size:
            raise IndexError(f"the grid has {size} configurations, numbered from 0; got {number}")
        rest = permute(number, size, seed)
        chosen: dict[str, Value] = {}
        for root in reversed(forest):
            rest, digit = divmod(rest, _total(root))
            _decode(root, digit, chosen)
        return {p.name: chosen[p.name] for p in space.parameters if p.name in chosen}


def permute(number: int, size: int, seed: int) -> int:
    """Return where a seeded permutation of ``range(size)`` sends `number`.

    A balanced Feistel network over the next even number of bits, walked until it lands within the
    range (Black and Rogaway, *Ciphers with Arbitrary Finite Domains*, 2002, section 5): fewer than
    four steps are expected, and nothing is stored.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    while True:
        left, right = number >> half, number & ((1 << half) - 1)
        for round_ in range(_ROUNDS):
            left, right = right, left ^ _mix(seed, round_, right, half)
        number = (left << half) | right
        if number < size:
            return number


def _mix(seed: int, round_: int, value: int, bits: int) -> int:
    message = f"{seed}:{round_}:{value}".encode()
    if bits <= _DIGEST_BITS:
        digest = hashlib.blake2b(message, digest_size=_DIGEST_BITS // 8).digest()
    else:
        # Bits that no digest reaches would stay as they are, and some parameters with them.
        digest = hashlib.shake_256(message).digest(-(-bits // 8))
    return int.from_bytes(digest, "big") & ((1 << bits) - 1)


@dataclass(frozen=True, slots=True)
class _Node:
    parameter: Parameter
    axis: Axis
    children: tuple[_Node, ...]

    @property
    def size(self) -> int:
        size = self.axis.size
        if size is None:
            raise ValueError(
                f"parameter {self.parameter.name!r} has a continuum of values; a grid needs a step "
                "or a number of points"
            )
        return size

    def branches(self) -> list[tuple[int, int]]:
        """Return (index, configurations under it) of each value that activates a child."""
        weights: dict[int, int] = {}
        for child in self.children:
            total = _total(child)
            for index in self._activating(child):
                weights[index] = weights.get(index, 1) * total
        return sorted(weights.items())

    def _activating(self, child: _Node) -> set[int]:
        when = child.parameter.when
        if when is None or isinstance(self.axis, FloatPoints | FloatRange):
            return set()
        if isinstance(self.axis, IntRange):
            return {self.axis.index(value) for value in when.values if self.axis.legal(value)}
        return {
            index
            for index, own in enumerate(self.axis.values)
            if any(same(own, value) for value in when.values)
        }


def _forest(space: Space, points: int | None) -> list[_Node]:
    def grow(parent: str | None) -> tuple[_Node, ...]:
        return tuple(
            _Node(p, _axis(p, points), grow(p.name))
            for p in space.parameters
            if (p.when.parameter if p.when else None) == parent
        )

    return list(grow(None))


def _axis(parameter: Parameter, points: int | None) -> Axis:
    domain = parameter.domain
    if points is None or isinstance(domain, Choice) or domain.step is not None:
        return domain
    if isinstance(domain, IntRange) and domain.size <= points:
        return domain
    return domain.points(points)


def _size(forest: list[_Node]) -> int:
    return math.prod(_total(root) for root in forest)


def _total(node: _Node) -> int:
    branches = node.branches()
    return node.size - len(branches) + sum(weight for _, weight in branches)


def _decode(node: _Node, digit: int, chosen: dict[str, Value]) -> None:
    """Find which value the digit falls on, and hand what is left of it to the active children."""
    passed = 0  # configurations before the branch in question
    index = None
    previous = 0
    for branch, weight in node.branches():
        plain = branch - previous
        if digit < passed + plain:
            break
        passed += plain
        if digit < passed + weight:
            index = branch
            break
        passed += weight
        previous = branch + 1
    rest = digit - passed
    if index is None:
        index, rest = previous + rest, 0
    chosen[node.parameter.name] = node.axis.at(index)
    for child in reversed(node.children):
        if child.parameter.active(chosen):
            rest, own = divmod(rest, _total(child))
            _decode(child, own, chosen)
