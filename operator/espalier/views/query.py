"""What is asked for in a query, checked; and answers in pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from espalier.errors import UsageError
from espalier.views.plain import View

_T = TypeVar("_T")
USUAL_LIMIT, MOST = 500, 10_000


class QueryTexts(Protocol):
    """Texts by name; a name may be there several times."""

    def get(self, key: str, default: str) -> str:
        """Return the first of this name."""

    def getall(self, key: str, default: list[str]) -> list[str]:
        """Return all of this name."""


class Query:
    """The parameters behind the question mark.

    Parameters
    ----------
    given
        By name; a name may be there several times.
    """

    def __init__(self, given: QueryTexts) -> None:
        self._given = given

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return self._given.get(name, default)

    def names(self, name: str) -> list[str]:
        """Return what is listed, once each or with commas between."""
        return [part for text in self._given.getall(name, []) for part in text.split(",") if part]

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return one of several words, the first where none is given.

        Raises
        ------
        UsageError
            If it is none of them.
        """
        text = self.text(name, choices[0])
        if text not in choices:
            raise UsageError(name, f"expected one of {', '.join(choices)}, got {text[:40]!r}")
        return text

    def listed(self, name: str, choices: Sequence[str]) -> list[str]:
        """Return listed words, each one of several.

        Raises
        ------
        UsageError
            If one is none of them.
        """
        words = self.names(name)
        if bad := [word for word in words if word not in choices]:
            raise UsageError(name, f"expected {', '.join(choices)}, got {bad[0][:40]!r}")
        return words

    def number(self, name: str, default: int, *, most: int) -> int:
        """Return a whole number from 0 to the most.

        Raises
        ------
        UsageError
            If it is none.
        """
        text = self._given.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) <= 20) or int(text) > most:
            raise UsageError(name, f"expected a whole number up to {most}, got {text[:40]!r}")
        return int(text)

    def numbers(self, name: str) -> list[int]:
        """Return listed whole numbers.

        Raises
        ------
        UsageError
            If one is none.
        """
        texts = self.names(name)
        if bad := [text for text in texts if not (text.isascii() and text.isdigit())]:
            raise UsageError(name, f"expected numbers of trials, got {bad[0][:40]!r}")
        if bad := [text for text in texts if len(text) > 12]:
            raise UsageError(name, f"expected numbers of trials, {bad[0][:40]} is none")
        return [int(text) for text in texts]

    def page(self, items: Sequence[_T], show: Callable[[_T], View] | None = None) -> View:
        """Return the page of a list that is asked for, and how to go on.

        Parameters
        ----------
        items
            All of it.
        show
            Makes a view of an item, of those that are on the page alone.

        Raises
        ------
        UsageError
            If `limit` or `continue` is none.
        """
        limit = self.number("limit", USUAL_LIMIT, most=MOST) or MOST
        begin = self.number("continue", 0, most=10**9)
        page = items[begin : begin + limit]
        rest = len(items) > begin + limit
        return {
            "items": list(page) if show is None else [show(item) for item in page],
            "total": len(items),
            "continue": str(begin + limit) if rest else None,
        }
