"""Preset JSONLines: an object a line, `{"epoch": 3, "eval": {"loss": 0.3}}`."""

from __future__ import annotations

import json

from espalier_sidecar.collectors.json_values import readings_of
from espalier_sidecar.collectors.printed_text import Finder, Found
from espalier_sidecar.errors import BadReport
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.text import clip

SHORTEST_OBJECT = 16
"""Characters; a line that has more of them than that is not parsed: it would need much memory."""


class JsonLines(Finder):
    """Finds the numbers of objects; one of the keys is the step."""

    longest = CHUNK

    def __init__(self, metric: str) -> None:
        self._metric = metric

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says; raises `BadReport` if it begins as an object and is none."""
        text = text.strip()
        if not text.startswith("{"):
            return Found([])
        try:
            if text.count("{") + text.count("[") > 2 + len(text) // SHORTEST_OBJECT:
                raise ValueError
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise BadReport(
                f"expected a JSON object of at most {CHUNK >> 10} KiB in a line; came {clip(text)}"
            ) from None
        return Found(readings_of(found, self._metric))


def finder(metric: str) -> Finder:
    """Make what finds the values."""
    return JsonLines(metric)
