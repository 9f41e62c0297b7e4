"""What trials have reported, in columns: there may be millions of values."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable

from espalier.pruning import Direction


class Values:
    """A trial's values of a metric, as they arrived.

    Attributes
    ----------
    attempts, steps, values, at, seqs
        Columns of the same length: the attempt, the step, the value in the user's sign (NaN where
        training diverged), when it arrived in seconds since the epoch, and its place in the order
        of arrivals.
    """

    __slots__ = (
        *("_ascending", "_greatest", "_latest", "_least", "_one_attempt", "_seen"),
        *("at", "attempts", "seqs", "steps", "values"),
    )

    def __init__(self) -> None:
        self.attempts = array("q")
        self.steps = array("q")
        self.values = array("d")
        self.at = array("d")
        self.seqs = array("q")
        self._ascending = self._one_attempt = True
        self._seen = 0
        self._latest = self._least = self._greatest = -1

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self.steps)

    def take(self, attempt: int, step: int, value: float, at: float, seq: int) -> None:
        """Take in the next value."""
        self.attempts.append(attempt)
        self.steps.append(step)
        self.values.append(value)
        self.at.append(at)
        self.seqs.append(seq)

    def counted(self, until: float) -> Values:
        """Return what a trial has come to by these: the newest attempt's, up to some place.

        Parameters
        ----------
        until
            The place of the trial's pruning or ending in the order of arrivals: what came later
            changes nothing.
        """
        self._look()
        if not self.steps or (self._one_attempt and self.seqs[-1] <= until):
            return self
        places = [place for place, seq in enumerate(self.seqs) if seq <= until]
        newest = max((self.attempts[place] for place in places), default=0)
        found = Values()
        for place in places:
            if self.attempts[place] == newest:
                found.take(
                    newest,
                    self.steps[place],
                    self.values[place],
                    self.at[place],
                    self.seqs[place],
                )
        return found

    def take_all(
        self,
        attempts: Iterable[int],
        steps: Iterable[int],
        values: Iterable[float],
        at: Iterable[float],
        seqs: Iterable[int],
    ) -> None:
        """Take in many values, column by column."""
        self.attempts.extend(attempts)
        self.steps.extend(steps)
        self.values.extend(values)
        self.at.extend(at)
        self.seqs.extend(seqs)

    def latest(self) -> int | None:
        """Return the place of the highest step; the first value that came for it stands."""
        self._look()
        return None if self._latest < 0 else self._latest

    def best(self, direction: Direction) -> int | None:
        """Return the place of the best finite value, the earliest where several are as good."""
        self._look()
        place = self._greatest if direction.score(1.0) > 0 else self._least
        return None if place < 0 else place

    @property
    def ascending(self) -> bool:
        """Whether each value came for a higher step than those before it."""
        self._look()
        return self._ascending

    def _look(self) -> None:
        """See what the values since the last look change: every view asks, few values come."""
        steps, values = self.steps, self.values
        latest, least, greatest = self._latest, self._least, self._greatest
        for place in range(self._seen, len(steps)):
            if latest < 0 or steps[place] > steps[latest]:
                latest = place
            if place and steps[place] <= steps[place - 1]:
                self._ascending = False
            if self.attempts[place] != self.attempts[0]:
                self._one_attempt = False
            value = values[place]
            if math.isfinite(value):
                if least < 0 or value < values[least]:
                    least = place
                if greatest < 0 or value > values[greatest]:
                    greatest = place
        self._latest, self._least, self._greatest = latest, least, greatest
        self._seen = len(steps)

    def curve(self) -> tuple[list[int], list[float]]:
        """Return steps, ascending, and the value that came first for each of them."""
        first: dict[int, float] = {}
        for step, value in zip(self.steps, self.values, strict=True):
            first.setdefault(step, value)
        steps = sorted(first)
        return steps, [first[step] for step in steps]
