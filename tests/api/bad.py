"""A fault of a Study: how it gets it, and what is said about it and by whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]


@dataclass(frozen=True)
class Bad:
    """A fault: how the spec gets it, and what the API server and the operator say."""

    change: Callable[[Spec], object]
    server: tuple[str, str] | None
    """Field and a part of the message of the API server; None where it cannot see the fault."""
    operator: tuple[str, str]
    """Field and a part of the message of `parse_study`."""
