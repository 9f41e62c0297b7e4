"""Preset CatBoost: `0: learn: 0.5 test: 0.6 best: 0.6 (0) total: 1ms remaining: 1s`."""

from __future__ import annotations

import re

from espalier_sidecar.collectors.numbers import NUMBER
from espalier_sidecar.collectors.printed_text import Finder, Found
from espalier_sidecar.collectors.reading import Reading

_ROUND = re.compile(r"(?<!\S)(\d{1,18}):\s{1,8}(?=(?:learn|test\d{0,4}): )")
_VALUE = re.compile(rf"(?<!\S)(learn|test\d{{0,4}}): ({NUMBER})(?!\S)", re.ASCII)


class CatBoost(Finder):
    """Finds rounds and their values: learn, test, test1 and so on; best is none of the round's."""

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says."""
        match = _ROUND.search(text)
        if match is None:
            return Found([])
        step = float(match[1])
        found = _VALUE.findall(text, match.end())
        return Found([Reading(name, step, float(value)) for name, value in found])


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return CatBoost()
