"""How many steps an epoch of Hugging Face's Trainer has, found out from what it posts.

A post says at which step training is, and at which epoch, rounded to two digits; the newest log
in it says at which epoch it was made, unrounded. Each bounds the number from its side.
"""

from __future__ import annotations

import math
from typing import NamedTuple

ROUNDED = 0.005
"""By so much may the epoch of a post be wrong."""
MOST_LOOKED_AT = 20_000
WHOLE = 1e-6
"""An epoch is a number of sixteen digits: the step that follows from it is whole but for this."""
KEPT_EPOCHS = 3


class Pace(NamedTuple):
    """What is known of the number of steps of an epoch."""

    low: float = 0.0
    """There are no fewer."""
    high: float = math.inf
    """There are no more."""
    epochs: tuple[float, ...] = ()
    """Epochs at which a step ended, the newest last."""

    def after_post(self, step: int, epoch: float) -> Pace:
        """Return what is known after a post that says where training is."""
        if step <= 0 or epoch <= 2 * ROUNDED:
            return self
        low, high = step / (epoch + ROUNDED), step / (epoch - ROUNDED)
        if low > self.high or high < self.low:
            # Another training, or batches of another size.
            return Pace(low, high)
        return self._replace(low=max(low, self.low), high=min(high, self.high))

    def after_log(self, epoch: float) -> Pace:
        """Return what is known after a log that was made at an epoch."""
        if epoch in self.epochs:
            return self
        return self._replace(epochs=(*self.epochs, epoch)[-KEPT_EPOCHS:])

    def step_at(self, epoch: float, first: int, last: int, total: int | None) -> int:
        """Return the step at which a log was made.

        Parameters
        ----------
        epoch
            Its epoch.
        first, last
            It was made between these steps.
        total
            How many steps the training has, None if that is not known.
        """
        if first >= last or math.isinf(self.high):
            return last
        found = [each for each in self._lengths() if first <= round(epoch * each) <= last]
        whole = [each for each in found if total is not None and total % each == 0]
        likely = whole or found
        length = likely[len(likely) // 2] if likely else (self.low + self.high) / 2
        return min(max(round(epoch * length), first), last)

    def _lengths(self) -> list[int]:
        """Return the lengths of an epoch by which each log was made at the end of a step."""
        least, most = math.ceil(self.low), math.floor(self.high)
        if most - least > MOST_LOOKED_AT:
            return []
        return [
            length
            for length in range(max(1, least), most + 1)
            if all(abs(at * length - round(at * length)) < WHOLE for at in self.epochs)
        ]
