"""The results of a run as a table for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def table(results: dict[str, Any]) -> str:
    """Return the results, a figure a line, nested ones indented."""
    return "\n".join(_lines(results, 0))


def _lines(found: dict[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, value in found.items():
        if not isinstance(value, dict):
            yield f"{indent}{name:<{46 - 2 * depth}} {value}"
        elif all(not isinstance(each, dict) for each in value.values()):
            short = "  ".join(f"{key} {each}" for key, each in value.items())
            yield f"{indent}{name:<{46 - 2 * depth}} {short}"
        else:
            yield f"{indent}{name}"
            yield from _lines(value, depth + 1)
