"""The running trials of a study, and which of them will end best."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from math import isfinite

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs, Entry
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.posterior.regression import Reach, Regressions


class Rivals:
    """The running trials by the last rung that they reached, in the order of their scores there.

    Among the trials of a rung the expected final score follows the score but for the slope, whose
    part is limited, so that the best are found without looking at all. In plain Python: numpy is
    faster while its code is in the processor's cache, which between two decisions it leaves.

    Attributes
    ----------
    course, regressions
        What the trials' scores and their forecasts are taken from.
    """

    def __init__(self, course: DenseRungs) -> None:
        self.course = course
        self.regressions = Regressions(course)
        self._running: list[list[Entry]] = [[] for _ in course.steps]
        self._at: dict[int, tuple[int, Entry]] = {}

    @staticmethod
    def of(ledger: Ledger, horizon: int) -> Rivals:
        """Return the ledger's rivals on the way to this horizon."""
        return ledger.derived(
            ("rivals", horizon), lambda ledger: Rivals(DenseRungs.of(ledger, horizon))
        )

    def best(self, reaches: list[Reach], without: int, most: int) -> list[int]:
        """Return the trials with the best expected final scores, of equals the first by number.

        Parameters
        ----------
        reaches
            The distribution of the final score from each rung.
        without
            A trial that is left out, the asking one.
        most
            How many are wanted.
        """
        found: list[tuple[float, int]] = []
        for rung, column in enumerate(self._running):
            reach = reaches[rung]
            if not column or not isfinite(reach.variance):
                continue
            slope = abs(reach.slope) * reach.limit
            in_order: Iterable[Entry] = reversed(column) if reach.level >= 0.0 else column
            for score, trial in in_order:
                if len(found) == most and reach.bias + reach.level * score + slope < -found[-1][0]:
                    break
                mean = reach.mean(score, self.course.scores[trial][rung - 1] if rung else score)
                if trial != without and isfinite(mean):
                    insort(found, (-mean, trial))
                    del found[most:]
        return [trial for _, trial in found]

    def on_append(self, curve: Curve) -> None:
        """Take in that a trial reached a rung."""
        known = self.course.scores.get(curve.number)
        if not known or curve.left:
            return
        rung = len(known) - 1
        held = self._at.get(curve.number)
        if held is None or held[0] != rung:
            self.on_close(curve)
            entry = (known[-1], curve.number)
            self._at[curve.number] = (rung, entry)
            insort(self._running[rung], entry)

    def on_close(self, curve: Curve) -> None:
        """Take out a trial that ended."""
        held = self._at.pop(curve.number, None)
        if held is not None:
            rung, entry = held
            column = self._running[rung]
            del column[bisect_left(column, entry)]

    def on_leave(self, curve: Curve) -> None:
        """Take out a trial that left the window."""
        self.on_close(curve)
