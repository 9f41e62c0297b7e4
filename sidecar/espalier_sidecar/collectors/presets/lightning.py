"""Preset Lightning: its bar, `Epoch 0: 100%|...| 9/9 [..., val_loss=0.5]`, and its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from espalier_sidecar.collectors.numbers import NUMBER
from espalier_sidecar.collectors.presets.pairs import pairs_in
from espalier_sidecar.collectors.printed_text import Finder, Found
from espalier_sidecar.collectors.reading import Reading

_BAR = re.compile(r"Epoch (\d{1,18}):[ \t]{0,8}(\d{1,3})%\|")
_TITLE = re.compile(r"\W*(?:Validate|Test) metric\W+DataLoader 0\W*")
_ROW = re.compile(rf" *(\S(?:.{{0,248}}\S)?) {{2,200}}({NUMBER}) *", re.ASCII)
_LINES = str.maketrans("│┃|", "   ")
_END = re.compile(r"\W*Trainer\.\w+\W+ stopped: ")
_RULE = re.compile(r"[\s─━═┏┡└┘┛┓┩┳╇┴+-]+")
# How much of a table has come: nothing, its title, rows.
_NONE, _TITLED, _ROWS = 0, 1, 2


class Lightning(Finder):
    """Finds an epoch's values on its full bar, as they are when the next one begins.

    A bar that is not full yet shows what an epoch before had, and says nothing of its own.
    """

    def __init__(self) -> None:
        self._table = _NONE

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says."""
        if bar := _BAR.search(text):
            return self._bar(text, bar)
        if _END.match(text):
            return Found([], over=True)
        if _TITLE.fullmatch(text):
            self._table = _TITLED
            return Found([], over=True)
        if self._table and (row := _ROW.fullmatch(text.translate(_LINES))):
            self._table = _ROWS
            return Found([Reading(row[1], self.step, float(row[2]))])
        if self._table == _ROWS or not _RULE.fullmatch(text):
            self._table = _NONE
        return Found([])

    def state(self) -> dict[str, Any]:
        """Return the epoch, and where in a table it is."""
        return super().state() | ({"table": self._table} if self._table else {})

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept."""
        super().resume(state)
        table = state.get("table")
        self._table = table if table in (_TITLED, _ROWS) else _NONE

    def _bar(self, text: str, bar: re.Match[str]) -> Found:
        epoch = float(bar[1])
        begins = epoch != self.step
        self.step = epoch
        if bar[2] != "100":
            return Found([], over=begins)
        pairs = pairs_in(text, bar.end())
        readings = pairs.readings(epoch)
        return Found(readings, pairs.bad, under_way=True)


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return Lightning()
