"""A trial's parameters in one line, for a column of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from espalier.api.conditions import shorten
from espalier.api.trial import MOST_LINE

if TYPE_CHECKING:
    from espalier.api import StudySpec


def parameters_line(parameters: Mapping[str, Any], spec: StudySpec | None) -> str:
    """Return ``lr=0.0316 optimizer=sgd``: in the Study's order, numbers to four digits."""
    declared = [each.name for each in spec.parameters] if spec is not None else []
    order = {name: place for place, name in enumerate(declared)}
    names = sorted(parameters, key=lambda name: order.get(name, len(order)))
    return shorten(" ".join(f"{name}={_short(parameters[name])}" for name in names), MOST_LINE)


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    # What would move a terminal's cursor becomes a question mark.
    return "".join(each if each.isprintable() else "?" for each in text)
