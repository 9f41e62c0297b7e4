"""Preset HuggingFace: dictionaries that its Trainer prints, `{'eval_loss': 0.5, 'epoch': 1.0}`."""

from __future__ import annotations

import re

from espalier_sidecar.collectors.numbers import NUMBER
from espalier_sidecar.collectors.presets.pairs import pairs_in
from espalier_sidecar.collectors.printed_text import Finder, Found

_EPOCH = re.compile(rf"'epoch': '?({NUMBER})'?[,}}]", re.ASCII)


class HuggingFace(Finder):
    """Finds a dictionary in a line; the epoch in it is the step, and may be a fraction of one."""

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says."""
        begin = text.find("{'")
        if begin < 0:
            return Found([])
        said = text[begin:]
        epoch = _EPOCH.search(said)
        pairs = pairs_in(said)
        # No other line says it again: where a bar goes on behind it, it is said all the same.
        return Found(pairs.readings(float(epoch[1]) if epoch else None), pairs.bad, over=True)


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return HuggingFace()
