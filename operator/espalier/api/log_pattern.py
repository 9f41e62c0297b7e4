"""What a Study may write as a pattern of what is printed, checked in a bounded time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from espalier.errors import SpecError

WIDEST = 2**17
"""Characters that all ranges of a pattern may span together.

Python's compiler walks over each of them where case is ignored: twenty-five ranges over all of
Unicode, which fit into the pattern's 512 characters, take half a second.
"""

_CHARACTER = re.compile(
    r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"
    r"|N\{(?P<name>[^}]*)\}|(?P<octal>[0-7]{1,3})|(?P<escaped>.))|(?P<plain>.)",
    re.DOTALL,
)


def check_pattern(pattern: str, needed: str, path: str) -> None:
    """Check that a pattern compiles, soon, and has the group that it needs.

    Parameters
    ----------
    needed
        The group's name.
    path
        Where it stands, for the error.

    Raises
    ------
    SpecError
        With what is at fault.
    """
    width = spanned(pattern)
    if width > WIDEST:
        raise SpecError(
            path,
            f"expected ranges of at most {WIDEST:,} characters together, since wider ones take "
            f"long to compile, got {width:,}; write a class such as \\S, \\w or [^,] instead",
        )
    try:
        groups = re.compile(pattern).groupindex
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise SpecError(
            path,
            f"expected a regular expression of Python's, got one with a fault ({error}); "
            "correct it",
        ) from error
    if needed not in groups:
        raise SpecError(
            path,
            f"expected a group named {needed}, got {', '.join(groups) or 'none'}; write "
            f"(?P<{needed}>...) around the {needed}'s number",
        )


def spanned(pattern: str) -> int:
    """Return how many characters the ranges of a pattern span, without compiling it.

    Whatever looks like a range is counted, also where it stands outside of a class: more rather
    than less.
    """
    found = list(_characters(pattern))
    total = 0
    for (low, _), (_, dash), (high, _) in zip(found, found[1:], found[2:], strict=False):
        total += max(0, high - low) if dash else 0
    return total


def _characters(pattern: str) -> Iterator[tuple[int, bool]]:
    """Give the code point of each character, and whether it is the dash of a range."""
    for match in _CHARACTER.finditer(pattern):
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        if kind in ("x", "u", "U"):
            yield int(text, 16), False
        elif kind == "octal":
            yield int(text, 8), False
        elif kind == "name":
            yield _named(text), False
        else:
            yield ord(text), kind == "plain" and text == "-"


def _named(name: str) -> int:
    try:
        return ord(unicodedata.lookup(name))
    except (KeyError, TypeError):
        return 0
