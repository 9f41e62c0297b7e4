"""Says which settings several types of pruner share, and what the others do instead."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from espalier.declared.bounds import own_fields
from espalier.declared.names import camel
from espalier.pruning.pruners.base import Scheduled
from espalier.pruning.pruners.registry import BUILT_IN

HEAD = """
## What several types share

| setting | types | what the others do instead |
| --- | --- | --- |
"""


def shared() -> str:
    """Return the part of the page on pruners that says who has which shared setting."""
    rows: dict[tuple[str, str], list[str]] = {}
    for field in _shared_fields():
        rows.setdefault(_who_and_else(field), []).append(f"`{camel(field)}`")
    return HEAD + "".join(
        f"| {', '.join(names)} | {types} | {instead} |\n"
        for (types, instead), names in rows.items()
    )


def _shared_fields() -> Iterator[str]:
    """Iterate over the settings that come from a base, and so belong to several types."""
    kinds = BUILT_IN.values()
    seen: set[type] = set(kinds)
    for kind in kinds:
        for base in reversed(kind.__mro__):
            if base not in seen and dataclasses.is_dataclass(base):
                seen.add(base)
                yield from own_fields(base)


def _who_and_else(field: str) -> tuple[str, str]:
    """Return the types that have a setting, and what the others do instead."""
    having = [name for name, kind in BUILT_IN.items() if _shares(kind, field)]
    lacking = [name for name in BUILT_IN if name not in having]
    types = ", ".join(having)
    if len(lacking) < len(having):
        types = f"all but {' and '.join(lacking)}" if lacking else "all"
    return types, _instead(field, lacking)


def _shares(kind: type[Scheduled], field: str) -> bool:
    """Whether a Study can give a type this setting, and it means what it means elsewhere."""
    names = {each.name for each in dataclasses.fields(kind)}
    return field in names - kind.not_in_study - kind.in_place_of.keys()


def _instead(field: str, lacking: list[str]) -> str:
    """Return what each that lacks a setting does, those together that do the same."""
    doing: dict[str, list[str]] = {}
    for name in lacking:
        if words := BUILT_IN[name].in_place_of.get(field):
            doing.setdefault(words, []).append(name)
    return "; ".join(f"{', '.join(names)}: {words}" for words, names in doing.items())
