"""Values of any scalar type: strings, numbers, booleans."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

MAX_TEXT = 256
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def checked_scalar(value: Any) -> str | int | float | bool:
    """Return a value, checked.

    Raises
    ------
    ValueError
        Saying what was expected.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("expected a finite number")
    if not isinstance(value, str | bool | int | float):
        raise ValueError("expected a string, a number or a boolean")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ValueError(f"expected at most {MAX_TEXT} characters")
    if isinstance(value, str) and _CONTROL.search(value):
        raise ValueError("expected no control characters")
    return value


Scalar = Annotated[
    str | int | float | bool,
    PlainValidator(checked_scalar),
    WithJsonSchema(
        {
            "x-kubernetes-preserve-unknown-fields": True,
            "maxLength": MAX_TEXT,
            "pattern": r"^[^\x00-\x1f\x7f]*$",
            "maxItems": 0,
            "maxProperties": 0,
        }
    ),
]
"""A structural schema has no union of types: the API server bounds such a value and refuses lists
and objects that hold anything; the operator checks the rest."""
