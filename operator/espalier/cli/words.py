"""Texts of any origin, made fit for a terminal."""

from __future__ import annotations

_LONGEST = 2000


def one_line(text: str) -> str:
    """Put a text onto one line, without control characters: it may be a trainer's last output."""
    words = " ".join(text.split())
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in words)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
