"""Text as a terminal shows it: without the codes that colour it and move the cursor."""

from __future__ import annotations

import re

# Control sequences, strings for the terminal (titles, links), other escapes, and single controls;
# tabs stay. Each part excludes what the next begins with: no line makes them go back and forth.
_CODES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"
    rb"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"
    rb"|\x1b[ -/]*[0-~]?"
    rb"|[\x00-\x08\x0b-\x0d\x0e-\x1f\x7f]"
)
_SOME_CODE = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_UP = re.compile(rb"\x1b\[\d*A[\s\x1b]*\Z")


def plain_text(line: bytes) -> str:
    """Return a line's text without codes."""
    if _SOME_CODE.search(line):
        line = _CODES.sub(b"", line)
    return line.decode(errors="replace")


def goes_back(line: bytes) -> bool:
    """Tell whether the cursor goes up at a line's end: it will be drawn once more."""
    return line.endswith(b"A") and _UP.search(line[-16:]) is not None
