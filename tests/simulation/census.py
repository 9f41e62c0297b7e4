"""How much an operator holds: the entries of every container that can be reached from its parts."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry

BOUNDED = ("_gone",)
"""Containers that remember a bounded number of objects that are gone."""
_CONTAINERS = (dict, list, set, frozenset, tuple, deque)


def census(parts: dict[str, object], registry: CollectorRegistry | None = None) -> dict[str, int]:
    """Return the number of entries of each container, by the path to it.

    Instances of Espalier's own classes are gone through, what containers hold is not: an entry that
    is left behind is enough to be found.
    """
    seen: set[int] = set()
    found = {path: size for name, part in parts.items() for path, size in _walk(name, part, seen)}
    found["tasks"] = len(asyncio.all_tasks())
    if registry is not None:
        found["metrics"] = sum(len(metric.samples) for metric in registry.collect())
    return found


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Return what holds more than it did."""
    return {
        path: (before.get(path, 0), size)
        for path, size in after.items()
        if size > before.get(path, 0)
    }


def _walk(path: str, part: Any, seen: set[int]) -> Iterator[tuple[str, int]]:
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, _CONTAINERS):
        yield path, len(part)
        return
    if not type(part).__module__.startswith("espalier."):
        return
    for name, value in _attributes(part):
        if name in BOUNDED:
            continue
        yield from _walk(f"{path}.{name}", value, seen)


def _attributes(part: object) -> Iterator[tuple[str, Any]]:
    yield from vars(part).items() if hasattr(part, "__dict__") else ()
    for kind in type(part).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(part, name):
                yield name, getattr(part, name)
