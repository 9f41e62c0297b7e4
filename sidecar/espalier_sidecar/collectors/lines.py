"""Where the lines of a text end that somebody else writes, in pieces of any size."""

from __future__ import annotations

from typing import NamedTuple

from espalier_sidecar.limits import CHUNK


class Line(NamedTuple):
    """Where one line lies in a piece of text."""

    end: int
    """Where it ends: its newline or carriage return, or the end of the piece."""
    next: int
    """Where the next line begins."""
    redrawn: bool
    """Whether what follows takes its place on a screen: a carriage return alone ends it."""


def line_at(text: bytes, at: int) -> Line:
    """Return the line that begins at some place in a piece of whole lines.

    A newline ends it, a carriage return, or both together, which are one end.
    """
    newline = text.find(b"\n", at)
    end = newline if newline >= 0 else len(text)
    back = text.find(b"\r", at, end)
    if back < 0:
        return Line(end, min(end + 1, len(text)), False)
    if back + 1 == newline:
        return Line(back, newline + 1, False)
    return Line(back, back + 1, True)


def whole_lines(text: bytes) -> int:
    """Return how many bytes of a piece are whole lines; 0 if its first line goes on.

    A carriage return at its very end may have its newline yet to come, and ends nothing so far.
    """
    return max(text.rfind(b"\n"), text.rfind(b"\r", 0, max(0, len(text) - 1))) + 1


def too_long(text: bytes) -> int:
    """Return how many bytes to take of a piece that its first line fills; 0 if it does not."""
    if len(text) < CHUNK:
        return 0
    return len(text) - text.endswith(b"\r")


class Taken(NamedTuple):
    """What was taken from the beginning of a piece of text."""

    lines: bytes
    """Whole lines, or the beginning of one that is too long."""
    size: int
    """How many bytes of the piece that is, with what was passed over."""
    within: bool
    """Whether what follows is the rest of a line that is too long."""


def take_lines(text: bytes, within: bool) -> Taken | None:
    """Return the whole lines of a piece of text; None if its first line goes on.

    Parameters
    ----------
    within
        Whether it begins with the rest of a line that is too long, which is passed over.
    """
    size = whole_lines(text)
    if size:
        return Taken(text[line_at(text, 0).next if within else 0 : size], size, False)
    size = too_long(text)
    return Taken(b"" if within else text[:size], size, True) if size else None
