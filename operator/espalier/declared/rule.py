"""Rules: a condition, what is said where it does not hold, and of which field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from espalier.declared.operands import Scope
from espalier.declared.predicates import Not, Or, Predicate
from espalier.declared.quantifiers import Exists

Words = Callable[[Any], str]
"""From the plain values that a rule is about to words."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that does not hold.

    Parameters
    ----------
    field
        Path of the field at fault, relative to what the rule is about: ``.lower``.
    expected
        What was expected, and what came instead.
    remedy
        What to do.
    """

    field: str
    expected: str
    remedy: str

    @property
    def sentence(self) -> str:
        """All that is said of it."""
        return f"expected {self.expected}; {self.remedy}"


class AnyRule(Protocol):
    """What must hold of an object, for the API server and for Python."""

    @property
    def condition(self) -> Predicate:
        """What must hold; ``self`` is the object, ``oldSelf`` what it was before a change."""

    @property
    def message(self) -> str:
        """What the API server says."""

    def to_dict(self) -> dict[str, str]:
        """Return an entry of ``x-kubernetes-validations``."""

    def holds(self, value: Any, old: Any = None) -> bool:
        """Whether a plain value keeps the rule.

        Parameters
        ----------
        value
            The object as JSON has it, defaults included, without nulls.
        old
            What it was before a change, for a rule about changes.
        """

    def breaches(self, value: Mapping[str, Any]) -> Iterator[Breach]:
        """Iterate over what is wrong with a plain value, for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What must hold of an object, for the API server and for Python.

    Parameters
    ----------
    condition
        What must hold; ``self`` is the object, ``oldSelf`` what it was before a change.
    message
        What the API server says: what is expected and, after a semicolon, what to do.
    expected
        What the operator says: what was expected and what came, made from the object's plain
        values. A rule about a change needs none, since only the API server sees both sides.
    field
        Path of the field at fault, relative to the object: ``.lower``.
    operators_field
        Path for the operator, where it can be said more exactly.
    remedy
        What to do, for the operator, where it can be said more exactly.
    """

    condition: Predicate
    message: str
    expected: Words | None = None
    field: str = ""
    operators_field: str | None = None
    remedy: str | None = None

    def to_dict(self) -> dict[str, str]:
        """Return an entry of ``x-kubernetes-validations``."""
        entry = {"rule": self.condition.cel(), "message": self.message}
        return entry | ({"fieldPath": self.field} if self.field else {})

    def holds(self, value: Any, old: Any = None) -> bool:
        """Whether a plain value keeps the rule."""
        return self.condition.holds({"self": value, "oldSelf": old})

    def breaches(self, value: Mapping[str, Any]) -> Iterator[Breach]:
        """Iterate over what is wrong with a plain value: nothing, or this."""
        if self.expected is not None and not self.holds(value):
            yield Breach(
                self.field if self.operators_field is None else self.operators_field,
                self.expected(value),
                self.remedy or remedy_in(self.message),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneOf:
    """A rule that no entry of a list may break.

    Parameters
    ----------
    entries
        The entries that break it.
    unless
        Where the rule does not apply.
    message
        What is said without naming the entry.
    about
        What the API server says before and after the name of the first such entry.
    expected
        What the operator says, made from the scope of such an entry.
    field
        Path of the field at fault, relative to the object.
    operators_field
        Path for the operator, made from the scope of such an entry.
    remedy
        What to do, for the operator, made from the same scope.
    """

    entries: Exists
    message: str
    about: tuple[str, str]
    expected: Words
    field: str
    operators_field: Words
    remedy: Words
    unless: Predicate | None = None

    @property
    def condition(self) -> Predicate:
        """What must hold."""
        none = Not(self.entries)
        return none if self.unless is None else Or(self.unless, none)

    def to_dict(self) -> dict[str, str]:
        """Return an entry of ``x-kubernetes-validations``."""
        before, after = self.about
        return {
            "rule": self.condition.cel(),
            "message": self.message,
            "messageExpression": f"'{before}' + {self.entries.first('name')} + '{after}'",
            "fieldPath": self.field,
        }

    def holds(self, value: Any, old: Any = None) -> bool:
        """Whether a plain value keeps the rule."""
        return self.condition.holds({"self": value, "oldSelf": old})

    def breaches(self, value: Mapping[str, Any]) -> Iterator[Breach]:
        """Iterate over the entries of a plain value that break the rule."""
        whole: Scope = {"self": value}
        if self.unless is not None and self.unless.holds(whole):
            return
        for scope in self.entries.those(whole):
            yield Breach(self.operators_field(scope), self.expected(scope), self.remedy(scope))


def remedy_in(message: str) -> str:
    """Return what the API server's message says to do: what comes after its semicolon."""
    return message.partition("; ")[2]
