"""Preset KeyValue: `epoch 3 val_loss=0.31`, `Epoch 3/27 - val loss: 0.31`, `{'val_loss': 0.31}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier_sidecar.collectors.presets.pairs import pairs_in
from espalier_sidecar.collectors.presets.steps import is_part, said_in
from espalier_sidecar.collectors.printed_text import Finder, Found


class KeyValue(Finder):
    """Finds names with numbers, and the epoch or step on the same line or an earlier one.

    Where both are said, the epoch is the step, and values that come several times in it count as
    they are at its end. Where none is said, values have no step.
    """

    def __init__(self) -> None:
        self._by_epoch = False

    def state(self) -> dict[str, Any]:
        """Return the step, and whether it is an epoch."""
        return super().state() | ({"by_epoch": True} if self._by_epoch else {})

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept."""
        super().resume(state)
        self._by_epoch = state.get("by_epoch") is True

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says; raises `BadReport`."""
        said = said_in(text)
        if said.epoch is not None:
            self.step, self._by_epoch = said.epoch, True
        elif said.step is not None and not self._by_epoch:
            self.step = said.step
        if "=" not in text and ":" not in text:
            return Found([])
        pairs = pairs_in(text)
        part = self._by_epoch and (said.step is not None or is_part(said.rest))
        return Found(pairs.readings(self.step), pairs.bad, under_way=part)


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return KeyValue()
