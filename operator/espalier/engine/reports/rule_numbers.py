"""The numbers under which pruners and their settings are stored with their decisions."""

from __future__ import annotations

from collections.abc import Mapping

from espalier.pruning import Decision
from espalier.store import settings_text

_MOST_MAPPINGS = 256


class RuleNumbers:
    """The rules of a study: a pruner with its settings each.

    Parameters
    ----------
    known : mapping, optional
        The numbers that are stored, by pruner and the settings' text.
    """

    def __init__(self, known: Mapping[tuple[str, str], int] | None = None) -> None:
        self._known = dict(known or {})
        self._of: dict[tuple[str, int], tuple[object, int]] = {}

    def find(self, decision: Decision) -> int | None:
        """Return the number of a decision's rule, None if it has none yet."""
        # A pruner gives the same mapping again and again; holding it keeps its id its own.
        key = (decision.pruner, id(decision.settings))
        known = self._of.get(key)
        if known is not None:
            return known[1]
        number = self._known.get((decision.pruner, settings_text(decision)))
        if number is not None:
            if len(self._of) >= _MOST_MAPPINGS:
                self._of.clear()
            self._of[key] = (decision.settings, number)
        return number

    def add(self, decision: Decision) -> tuple[int, str]:
        """Give a decision's rule the next number; return it and the settings' text."""
        text = settings_text(decision)
        number = self._known[decision.pruner, text] = len(self._known) + 1
        return number, text
