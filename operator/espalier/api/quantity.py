"""Kubernetes' quantities: how much of a resource, as text such as ``500m`` or ``64Mi``."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

_NUMBER = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)"
PATTERN = rf"^{_NUMBER}([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{{1,2}})?$"
MAX_LENGTH = 32
_FORM = re.compile(rf"(?P<number>{_NUMBER})(?P<suffix>.*)", re.DOTALL)
_BINARY = {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {letter: Fraction(10) ** (3 * power) for power, letter in enumerate("kMGTPE", 1)}
_SMALL = {letter: Fraction(1, 1000**power) for power, letter in enumerate("mun", 1)}
_SUFFIXES: dict[str, Fraction | int] = {"": 1, **_BINARY, **_DECIMAL, **_SMALL}


def checked_quantity(value: Any) -> str:
    """Return a quantity as text, checked.

    Raises
    ------
    ValueError
        Saying what was expected.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        value = str(value)
    if not isinstance(value, str) or len(value) > MAX_LENGTH or not re.fullmatch(PATTERN, value):
        raise ValueError("expected a quantity such as 500m or 64Mi, not below zero")
    return value


def amount(quantity: str) -> Fraction:
    """Return how much a checked quantity is, in the resource's own unit (cores, bytes)."""
    form = _FORM.fullmatch(quantity)
    assert form is not None
    number, suffix = Fraction(Decimal(form["number"])), form["suffix"]
    if suffix in _SUFFIXES:
        return number * _SUFFIXES[suffix]
    return number * Fraction(10) ** int(suffix[1:])


Quantity = Annotated[
    str,
    PlainValidator(checked_quantity),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "minimum": 0,
            "pattern": PATTERN,
            "maxLength": MAX_LENGTH,
        }
    ),
]
"""A whole number, or text."""
