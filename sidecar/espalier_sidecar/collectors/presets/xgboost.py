"""Preset XGBoost: `[3] valid-auc:0.91`, with tabs or blanks between several columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from espalier_sidecar.collectors.presets.rounds import Rounds, columns_of
from espalier_sidecar.collectors.printed_text import Finder

_ROUND = re.compile(r"\[(\d{1,18})\](?:\t|#011| {1,8})(?=\S)")


class XGBoost(Rounds):
    """Finds the rounds of XGBoost."""

    def round(self, text: str) -> tuple[float, Sequence[str]] | None:
        """Return a line's round and its columns."""
        match = _ROUND.search(text)
        if match is None:
            return None
        columns = columns_of(text[match.end() :])
        return float(match[1]), columns if len(columns) > 1 else columns[0].split()


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return XGBoost()
