"""What a person has said of a trial in an annotation: any text, of which some is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

LONGEST_READ = 1024
"""Characters of an annotation that are looked at, and kept of the object in memory."""
_LONGEST = 300
_LONGEST_NAME = 120
_YES, _NO = frozenset({"", "true", "yes", "1"}), "false"


def is_asked(text: str | None) -> bool:
    """Whether an annotation asks for something; one that does not say how is taken for a yes."""
    return text is not None and text.strip().lower() != _NO


def why_of(text: str | None) -> str:
    """Return the reason that an annotation gives: one line without control characters, bounded.

    Empty where it merely says yes.
    """
    said = _one_line(text or "", _LONGEST)
    return "" if said.lower() in _YES else said


def who_of(annotations: Mapping[str, Any], key: str) -> str:
    """Return who an annotation says it is, bounded."""
    return _one_line(annotations.get(key) or "", _LONGEST_NAME)


def _one_line(text: str, most: int) -> str:
    shown = "".join(
        " " if unicodedata.category(each)[0] in "CZ" else each for each in text[:LONGEST_READ]
    )
    said = " ".join(shown.split())
    return said if len(said) <= most else f"{said[: most - 1]}…"
