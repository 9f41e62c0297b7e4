"""Preset Keras: what `fit` prints with verbose=1, a bar, or verbose=2, a line an epoch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from espalier_sidecar.collectors.presets.pairs import pairs_in
from espalier_sidecar.collectors.printed_text import Finder, Found

_HEADING = re.compile(r"\s*Epoch (\d{1,18})/\d{1,18}\s*")
_BAR = re.compile(r"\s*(\d{1,18})/(\d{1,18}|Unknown)(?=\s)")
# Old versions leave the bar out, and older ones the dash, with verbose=2.
_LINE = re.compile(r"\s*(?:(?:\d{1,18}/(?:\d{1,18}|Unknown))? - )?\d{1,9}[mun]?s - ")


class Keras(Finder):
    """Finds an epoch's values as its last line has them; the epoch stands above.

    What `evaluate` and `predict` print looks the same and has no epoch: a bar that begins again,
    or has another length, is theirs, and so is all behind an epoch's last line.
    """

    def __init__(self) -> None:
        self._at = 0
        """How far the epoch's bar has come."""
        self._redrawn = False
        """Whether the line before was one that is redrawn."""
        self._done = False
        """Whether the bar is full and finished: only what has `val_` in it can come."""

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says."""
        if heading := _HEADING.fullmatch(text):
            self.step = float(heading[1])
            self._at, self._redrawn, self._done = 0, False, False
            return Found([], over=True)
        if self.step is None:
            return Found([])
        before, self._redrawn = self._redrawn, redrawn
        bar, line = _BAR.match(text), _LINE.match(text)
        if bar is None and line is None:
            return Found([])
        return self._values(text, bar, line is not None, before and not redrawn)

    def state(self) -> dict[str, Any]:
        """Return the epoch, and how far it has come."""
        return super().state() | {"bar": [self._at, self._redrawn, self._done]}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept."""
        super().resume(state)
        match state.get("bar"):
            case [int(at), bool(redrawn), bool(done)]:
                self._at, self._redrawn, self._done = at, redrawn, done

    def _values(self, text: str, bar: re.Match[str] | None, line: bool, finished: bool) -> Found:
        pairs = pairs_in(text)
        readings = pairs.readings(self.step)
        if line or any(each.name.startswith("val_") for each in pairs.found):
            self.step = None
            return Found(readings, pairs.bad, over=True)
        assert bar is not None
        at = int(bar[1])
        if self._done or at < self._at:
            # Of evaluate or predict; the epoch is as it was.
            self._done = True
            return Found([], over=True)
        self._at = at
        full = bar[1] == bar[2]
        self._done = full and finished
        return Found(readings, pairs.bad, under_way=not self._done, over=self._done)


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return Keras()
