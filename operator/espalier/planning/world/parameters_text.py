"""A trial's parameters as text: how the store keeps them, and the trainer gets them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from espalier.search import Value


def text_of_parameters(parameters: Mapping[str, Any]) -> str:
    """Return the values of parameters by name, as JSON."""
    return json.dumps(dict(parameters), separators=(",", ":"))


def parameters_of_text(text: str) -> Mapping[str, Value]:
    """Return the values that `text_of_parameters` has written."""
    found: Mapping[str, Value] = json.loads(text)
    return found
