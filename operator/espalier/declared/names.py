"""A field's name in Python and in Kubernetes."""

from __future__ import annotations


def camel(name: str) -> str:
    """Return the name that a Study has for a field: ``warmupSteps`` for ``warmup_steps``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def snake(name: str) -> str:
    """Return the Python name of a Study's field: ``warmup_steps`` for ``warmupSteps``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def section_of(kind: str) -> str:
    """Return the section that is named after a type: ``successiveHalving``, and ``tpe`` for TPE."""
    return kind.lower() if kind.isupper() else kind[:1].lower() + kind[1:]
