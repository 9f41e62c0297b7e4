"""Predicates over plain values, each with two renderings: CEL, and Python."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from espalier.declared.operands import At, Constant, Operand, Scope

_RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Predicate(Protocol):
    """What can hold of a scope, or not."""

    def cel(self) -> str:
        """Return the expression in CEL."""

    def holds(self, scope: Scope) -> bool:
        """Whether it holds; parts are asked from left to right, until they decide.

        Raises
        ------
        KeyError
            If a field on the way is absent, where CEL has an error too.
        """


@dataclass(frozen=True, slots=True)
class Has:
    """A field is there."""

    field: At

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"has({self.field.cel()})"

    def holds(self, scope: Scope) -> bool:
        """Whether the field is there."""
        return self.field.present(scope)


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values stand in a relation.

    Parameters
    ----------
    left, right
        The values.
    relation
        One of ``< <= > >= == !=``.
    """

    left: Operand
    relation: str
    right: Operand

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"{self.left.cel()} {self.relation} {self.right.cel()}"

    def holds(self, scope: Scope) -> bool:
        """Whether the values stand in the relation."""
        return _RELATIONS[self.relation](self.left.value(scope), self.right.value(scope))


@dataclass(frozen=True, slots=True)
class Contains:
    """A text has another in it.

    Parameters
    ----------
    text
        The longer one.
    part
        What is looked for, without quotes.
    """

    text: Operand
    part: str

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"{self.text.cel()}.contains('{self.part}')"

    def holds(self, scope: Scope) -> bool:
        """Whether the text has the other in it."""
        return self.part in self.text.value(scope)


class Not:
    """The opposite."""

    def __init__(self, of: Predicate) -> None:
        self.of = of

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"!{_in_brackets(self.of, (Compare, Or, And, IfElse, ExactlyOne))}"

    def holds(self, scope: Scope) -> bool:
        """Whether the other does not hold."""
        return not self.of.holds(scope)


class Or:
    """At least one holds."""

    def __init__(self, *parts: Predicate) -> None:
        self.parts = parts

    def cel(self) -> str:
        """Return the expression in CEL."""
        return " || ".join(_in_brackets(part, (And, IfElse)) for part in self.parts)

    def holds(self, scope: Scope) -> bool:
        """Whether one holds; the first that does decides."""
        return any(part.holds(scope) for part in self.parts)


class And:
    """All hold."""

    def __init__(self, *parts: Predicate) -> None:
        self.parts = parts

    def cel(self) -> str:
        """Return the expression in CEL."""
        return " && ".join(_in_brackets(part, (Or, IfElse)) for part in self.parts)

    def holds(self, scope: Scope) -> bool:
        """Whether all hold; the first that does not decides."""
        return all(part.holds(scope) for part in self.parts)


@dataclass(frozen=True, slots=True)
class IfElse:
    """One of two, as a third holds or not.

    Parameters
    ----------
    test
        What decides which of the two is asked.
    then
        What is asked where it holds.
    otherwise
        What is asked where it does not.
    """

    test: Predicate
    then: Predicate
    otherwise: Predicate

    def cel(self) -> str:
        """Return the expression in CEL."""
        parts = (self.test, self.then, self.otherwise)
        test, then, otherwise = (_in_brackets(part, (IfElse,)) for part in parts)
        return f"{test} ? {then} : {otherwise}"

    def holds(self, scope: Scope) -> bool:
        """Whether the one that is asked for holds."""
        return (self.then if self.test.holds(scope) else self.otherwise).holds(scope)


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """Exactly one of some fields is there."""

    fields: tuple[At, ...]

    def cel(self) -> str:
        """Return the expression in CEL."""
        listed = ", ".join(Has(field).cel() for field in self.fields)
        return f"[{listed}].filter(x, x).size() == 1"

    def holds(self, scope: Scope) -> bool:
        """Whether exactly one is there."""
        return sum(field.present(scope) for field in self.fields) == 1


def has(path: str, root: str = "self") -> Has:
    """Return that a field is there."""
    return Has(At(path, root))


def absent(path: str, root: str = "self") -> Not:
    """Return that a field is not there."""
    return Not(Has(At(path, root)))


def compare(left: Operand | str, relation: str, right: Operand | float) -> Compare:
    """Return that two values stand in a relation.

    Parameters
    ----------
    left
        An operand, or the path of a field.
    relation
        One of ``< <= > >= == !=``.
    right
        An operand or a number.
    """
    return Compare(
        At(left) if isinstance(left, str) else left,
        relation,
        Constant(right) if isinstance(right, int | float) else right,
    )


def chosen(path: str, value: str, root: str = "self") -> Compare:
    """Return that a field is a text of an enumeration."""
    return Compare(At(path, root), "==", Constant(value))


def not_chosen(path: str, value: str, root: str = "self") -> Compare:
    """Return that a field is another text than this one."""
    return Compare(At(path, root), "!=", Constant(value))


def _in_brackets(part: Predicate, kinds: tuple[type, ...]) -> str:
    return f"({part.cel()})" if isinstance(part, kinds) else part.cel()
