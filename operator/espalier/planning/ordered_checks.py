"""A check: one clause about the evidence, and the ending of what it holds for.

Checks stand in an ordered list. The first that holds decides, and the reference page prints the
very list that is gone through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Facts = TypeVar("Facts")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Check(Generic[Facts, Outcome]):
    """One clause.

    Parameters
    ----------
    name
        For people and tests; unique in its list.
    sentence
        What it says, for the reference page.
    holds
        Whether the evidence is so; pure.
    ending
        How what it holds for has ended; its `retry` says whether a new attempt follows. None where
        it has not ended.
    words
        What the condition's message says of the case at hand.
    """

    name: str
    sentence: str
    holds: Callable[[Facts], bool]
    ending: Outcome
    words: Callable[[Facts], str]


def first(checks: Sequence[Check[Facts, Outcome]], evidence: Facts) -> Check[Facts, Outcome] | None:
    """Return the first check that holds; None if none does."""
    return next((check for check in checks if check.holds(evidence)), None)
