"""The best trials of a study so far, kept up to date with each value."""

from __future__ import annotations

from math import isnan

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.report import TrialState


class BestTrials:
    """The best trials of the study by their best value so far, failed ones left out.

    Parameters
    ----------
    ledger
        The study's.
    size
        How many trials; fewer while there are fewer.
    """

    def __init__(self, ledger: Ledger, size: int) -> None:
        self._ledger = ledger
        self._size = size
        self._best: dict[int, float] = {}
        self._entry = -1.0

    @staticmethod
    def of(ledger: Ledger, size: int) -> BestTrials:
        """Return the ledger's best trials."""
        return ledger.derived(("best", size), lambda ledger: BestTrials(ledger, size))

    def __contains__(self, trial: int) -> bool:
        return trial in self._best

    def on_append(self, curve: Curve) -> None:
        """Take in a value."""
        best = curve.best
        held = self._best
        if curve.number in held:
            held[curve.number] = best
        elif len(held) < self._size:
            if best == best and not curve.left:
                held[curve.number] = best
        elif best >= self._entry and not curve.left:
            # Of equals the one that was started first stays.
            held[curve.number] = best
            del held[min(held, key=lambda trial: (held[trial], -trial))]
        else:
            return
        self._entry = min(held.values(), default=0.0)

    def on_close(self, curve: Curve) -> None:
        """Leave out a failed trial."""
        if curve.state is TrialState.FAILED:
            self._drop(curve)

    def on_leave(self, curve: Curve) -> None:
        """Leave out a trial that is no longer compared with."""
        self._drop(curve)

    def _drop(self, curve: Curve) -> None:
        if self._best.pop(curve.number, None) is None:
            return
        others = [c for c in self._ledger.peers() if not isnan(c.best) and c.number != curve.number]
        others.sort(key=lambda c: (-c.best, c.number))
        self._best = {c.number: c.best for c in others[: self._size]}
        self._entry = min(self._best.values(), default=0.0)
