"""Preset LightGBM: `[10] valid_0's l2: 0.5`, with tabs, and what its own program prints."""

from __future__ import annotations

import re
from collections.abc import Sequence

from espalier_sidecar.collectors.presets.rounds import Rounds, columns_of
from espalier_sidecar.collectors.printed_text import Finder

_ROUND = re.compile(r"\[(\d{1,18})\](?:\t|#011)(?=\S)|\[LightGBM\] \[Info\] Iteration:(\d{1,18}), ")


class LightGBM(Rounds):
    """Finds the rounds of LightGBM."""

    def round(self, text: str) -> tuple[float, Sequence[str]] | None:
        """Return a line's round and its columns."""
        match = _ROUND.search(text)
        if match is None:
            return None
        return float(match[1] or match[2]), columns_of(text[match.end() :])


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return LightGBM()
