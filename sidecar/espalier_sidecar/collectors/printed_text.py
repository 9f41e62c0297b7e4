"""Reads printed text, whatever it is that finds values in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from espalier_sidecar.collectors.followed_file import LineReader
from espalier_sidecar.collectors.held_back import HeldBack
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.collectors.terminal import goes_back, plain_text
from espalier_sidecar.errors import BadReport

LONGEST = 4096
"""Characters of a line, codes not counted, in which values are looked for."""
MOST_FAULTS = 8
"""Of so many values of a line it is said what is wrong with them."""
_BROKEN = "0123456789.,_+-%eEinfatyINFATY"


class Found(NamedTuple):
    """What a line says."""

    readings: Sequence[Reading]
    """Its values, in order."""
    bad: Sequence[BadReport] = ()
    """What is wrong with others."""
    under_way: bool = False
    """Whether its step goes on, so that the same may be said again: values count at its end."""
    over: bool = False
    """Whether the step is over: what was held back counts, but for what these take the place of."""


class Faults:
    """What is wrong with values of a line, the first few."""

    def __init__(self) -> None:
        self.found: list[BadReport] = []

    def add(self, fault: object) -> None:
        """Add one; an error is taken without what it holds on to."""
        if len(self.found) < MOST_FAULTS:
            self.found.append(BadReport(str(fault)))


class Finder:
    """Finds the values of one program's output; it may remember what earlier lines said."""

    step: float | None = None
    """The step that an earlier line has said."""
    fault: str = ""
    """Why it finds nothing any more; empty while it does."""
    longest = LONGEST
    """Characters of a line that it looks at."""

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what a line says.

        Parameters
        ----------
        text
            The line, without codes.
        redrawn
            Whether a bar draws it once more.

        Raises
        ------
        BadReport
            If nothing of it can be used.
        """
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as JSON can hold it."""
        return {} if self.step is None else {"step": self.step}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept; it may be anything."""
        step = state.get("step")
        if isinstance(step, int | float) and not isinstance(step, bool):
            self.step = step

    def close(self) -> None:
        """Let go of what it holds."""


class PrintedText(LineReader):
    """Reads lines as a terminal shows them: without codes, and a redrawn line as it is at last.

    Parameters
    ----------
    finder
        Finds the values in a line's text.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._held = HeldBack()

    def readings(self, line: bytes) -> Sequence[Reading | BadReport]:
        """Return what counts once a line is finished; raises `BadReport`."""
        return self._read(line, goes_back(line))

    def redrawn(self, line: bytes) -> Sequence[Reading | BadReport]:
        """Return what counts before a line is drawn once more; raises `BadReport`."""
        return self._read(line, True)

    def ended(self) -> Sequence[Reading]:
        """Return what was held back."""
        return self._held.all()

    def state(self) -> dict[str, Any]:
        """Return what is remembered, and what is held back."""
        held = self._held.state()
        return self._finder.state() | ({"held": held} if held else {})

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept."""
        self._finder.resume(state)
        self._held.resume(state, "held")

    def close(self) -> None:
        """Let go of what the finder holds."""
        self._finder.close()

    def _read(self, line: bytes, redrawn: bool) -> Sequence[Reading | BadReport]:
        self.holds = False
        text = plain_text(line)
        if len(text) > self._finder.longest:
            # A number at the bound may go on behind it.
            text = text[: self._finder.longest].rstrip(_BROKEN)
        try:
            readings, bad, under_way, over = self._finder.found(text, redrawn)
        finally:
            self.fault = self._finder.fault
        if over:
            given = self._held.close(readings)
        elif under_way or redrawn:
            self.holds = bool(readings)
            given = self._held.hold(readings, line=not under_way)
        else:
            given = self._held.finish(readings)
        return [*given, *bad] if bad else given
