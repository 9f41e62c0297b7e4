"""How text that a trainer may have written is shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """Escape what moves a cursor, colours a terminal or begins a line."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def clip(thing: object) -> str:
    """Show at most 80 characters of what came."""
    shown = repr(thing[:100] if isinstance(thing, str | bytes | list) else thing)
    return shown if len(shown) <= 80 else shown[:77] + "..."
