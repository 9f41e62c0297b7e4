"""Predicates on the entries of a list."""

from __future__ import annotations

from dataclasses import dataclass

from espalier.declared.operands import At, Scope
from espalier.declared.predicates import Predicate


@dataclass(frozen=True, slots=True)
class Exists:
    """Some entry of a list is as said.

    Parameters
    ----------
    entries
        The list.
    name, index
        Variables for an entry and its place; without `index` the condition does not ask for the
        place, and who looks at `those` finds it as ``i``.
    is_so
        What is said of it.
    once
        Exactly one entry is so.
    """

    entries: At
    name: str
    is_so: Predicate
    index: str | None = None
    once: bool = False

    def cel(self) -> str:
        """Return the expression in CEL."""
        macro = "exists_one" if self.once else "exists"
        names = self.name if self.index is None else f"{self.index}, {self.name}"
        return f"{self.entries.cel()}.{macro}({names}, {self.is_so.cel()})"

    def holds(self, scope: Scope) -> bool:
        """Whether there is such an entry."""
        found = len(self.those(scope))
        return found == 1 if self.once else found > 0

    def those(self, scope: Scope) -> list[Scope]:
        """Return the scopes of the entries that are so, in order."""
        inner = (
            {**scope, self.name: entry, self.index or "i": place}
            for place, entry in enumerate(self.entries.value(scope))
        )
        return [each for each in inner if self.is_so.holds(each)]

    def first(self, field: str) -> str:
        """Return a field of the first such entry, in CEL."""
        condition = f"{self.index or 'i'}, {self.name}, {self.is_so.cel()}"
        return f"{self.entries.cel()}.transformList({condition}, {self.name}.{field})[0]"


@dataclass(frozen=True, slots=True)
class ForAll:
    """Every entry of a list is as said.

    Parameters
    ----------
    entries
        The list.
    name
        Variable for an entry.
    is_so
        What is said of it.
    """

    entries: At
    name: str
    is_so: Predicate

    def cel(self) -> str:
        """Return the expression in CEL."""
        return f"{self.entries.cel()}.all({self.name}, {self.is_so.cel()})"

    def holds(self, scope: Scope) -> bool:
        """Whether every entry is so."""
        return all(
            self.is_so.holds({**scope, self.name: entry}) for entry in self.entries.value(scope)
        )
