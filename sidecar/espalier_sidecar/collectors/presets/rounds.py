"""Lines of boosting rounds: a number, then a name and a value in each column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from espalier_sidecar.collectors.numbers import NUMBER
from espalier_sidecar.collectors.printed_text import Finder, Found
from espalier_sidecar.collectors.reading import Reading

MOST_COLUMNS = 256
_COLUMN = re.compile(
    # Cross-validation adds the deviation.
    rf"(?P<name>\S(?:.{{0,248}}\S)?)[ ]?:[ ]?(?P<value>{NUMBER})(?:[ ]?\+[ ]?{NUMBER})?",
    re.ASCII,
)
_BEST = re.compile(r"\bbest iteration(?: is)?:\s*\Z", re.IGNORECASE)
# Some logs write a tab as #011.
_TAB = re.compile(r"\t|#011")


class Rounds(Finder):
    """Finds rounds and their values; each round has one line.

    The round that early stopping found best is printed once more, behind later ones: that line is
    passed over.
    """

    def __init__(self) -> None:
        self._once_more = False

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says."""
        if _BEST.search(text):
            self._once_more = True
            return Found([])
        found = self.round(text)
        if found is None:
            return Found([])
        step, columns = found
        if self._once_more:
            self._once_more = False
            return Found([])
        values = (_COLUMN.fullmatch(each.strip()) for each in columns[:MOST_COLUMNS])
        return Found([Reading(each["name"], step, float(each["value"])) for each in values if each])

    def round(self, text: str) -> tuple[float, Sequence[str]] | None:
        """Return a line's round and its columns; None if it is about none."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return whether a round comes once more."""
        return {"once_more": True} if self._once_more else {}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept."""
        self._once_more = state.get("once_more") is True


def columns_of(text: str) -> list[str]:
    """Return the columns between tabs."""
    return _TAB.split(text)
