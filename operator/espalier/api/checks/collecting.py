"""Checks that find all that is wrong, and checks that stop at the first: the same code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ParamSpec

from espalier.errors import SpecError

P = ParamSpec("P")
Faults = Iterator[SpecError]
"""What is wrong, in the order in which it is found."""


def caught(check: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Faults:
    """Yield the fault for which a check raises, if it does."""
    try:
        check(*args, **kwargs)
    except SpecError as error:
        yield error


def raise_first(faults: Iterable[SpecError]) -> None:
    """Raise the first fault, if there is one.

    Raises
    ------
    SpecError
        It.
    """
    for fault in faults:
        raise fault
