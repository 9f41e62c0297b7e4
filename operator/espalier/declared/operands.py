"""Values that predicates compare: fields, constants and what is reckoned from them.

Every operand has two renderings, CEL for the API server and a value for Python. A scope gives each
variable its plain value, as JSON has it: ``self``, ``oldSelf`` and what a quantifier binds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from espalier.declared.times import seconds_of_duration, seconds_of_time

Scope = Mapping[str, Any]


class Operand(Protocol):
    """A value that a condition may compare."""

    def cel(self) -> str:
        """Return the expression in CEL."""

    def value(self, scope: Scope) -> Any:
        """Return the value.

        Raises
        ------
        KeyError
            If a field on the way is absent, where CEL has an error too.
        """


@dataclass(frozen=True, slots=True)
class At:
    """A field.

    Parameters
    ----------
    path
        Names from the root's on, with dots between; empty for the root itself.
    root
        The variable that the path begins at.
    """

    path: str = ""
    root: str = "self"

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"{self.root}.{self.path}" if self.path else self.root

    def value(self, scope: Scope) -> Any:
        """Return the field's value."""
        found = scope[self.root]
        for name in self.path.split(".") if self.path else ():
            found = found[name]
        return found

    def present(self, scope: Scope) -> bool:
        """Whether the field's object, which must be there, has the field."""
        above, _, name = self.path.rpartition(".")
        return name in At(above, self.root).value(scope)


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text or a truth value."""

    given: float | int | str | bool

    def cel(self) -> str:
        """Return the literal in CEL."""
        if isinstance(self.given, bool):
            return str(self.given).lower()
        if isinstance(self.given, str):
            return f"'{self.given}'"
        return repr(self.given).replace("e+", "e")

    def value(self, scope: Scope) -> Any:
        """Return the constant."""
        return self.given


@dataclass(frozen=True, slots=True)
class Minus:
    """A difference.

    Parameters
    ----------
    left
        What is taken from.
    right
        What is taken away.
    """

    left: Operand
    right: Operand

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"{self.left.cel()} - {self.right.cel()}"

    def value(self, scope: Scope) -> Any:
        """Return the difference."""
        return self.left.value(scope) - self.right.value(scope)


@dataclass(frozen=True, slots=True)
class Quotient:
    """A difference divided by a number; in CEL both must be doubles.

    Parameters
    ----------
    dividend
        The difference.
    divisor
        The number, which is not 0.
    """

    dividend: Minus
    divisor: Operand

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"({self.dividend.cel()}) / {self.divisor.cel()}"

    def value(self, scope: Scope) -> Any:
        """Return the quotient."""
        return self.dividend.value(scope) / self.divisor.value(scope)


@dataclass(frozen=True, slots=True)
class Size:
    """The number of characters of a text."""

    of: Operand

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"{self.of.cel()}.size()"

    def value(self, scope: Scope) -> Any:
        """Return the number."""
        return len(self.of.value(scope))


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time that is written as a text."""

    of: Operand

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"duration({self.of.cel()})"

    def value(self, scope: Scope) -> Any:
        """Return its seconds."""
        return seconds_of_duration(self.of.value(scope))


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time that is written as a text."""

    of: Operand

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"timestamp({self.of.cel()})"

    def value(self, scope: Scope) -> Any:
        """Return it in seconds since the epoch."""
        return seconds_of_time(self.of.value(scope))
