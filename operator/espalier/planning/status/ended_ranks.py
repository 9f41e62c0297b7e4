"""Which place a trial has among those that have ended, written so that it is not written often.

Each trial that ends may move all others down. A place is therefore told together with among how
many it was counted: once, when the trial ends, and once more for the leaders when the study ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espalier.planning.world.tally import Tally
from espalier.pruning import Direction

LEADERS = 100
"""So many are told their places anew when the study ends: writes that do not grow with it."""


@dataclass(frozen=True, slots=True)
class EndedRanks:
    """The places of the trials that have ended, by their last values.

    Those that failed have none, and so have repeats of finalists; equal values share one.

    Parameters
    ----------
    tally
        The trials that have ended.
    direction
        Which values are better.
    over
        Whether the study has ended, so that its leaders are told their places once more.
    """

    tally: Tally
    direction: Direction
    over: bool = False

    def better_than(self, number: int) -> int | None:
        """Return how many trials are better now than one; None where it is not compared."""
        ended = self.tally.trials.get(number)
        result = None if ended is None else self.tally.result_of(ended)
        if result is None:
            return None
        results = self.tally.results
        if self.direction is Direction.MAXIMIZE:
            return len(results) - int(results.bisect_right((result[0], math.inf)))
        return int(results.bisect_left((result[0], -math.inf)))

    def told(self, number: int, status: Mapping[str, Any]) -> str | None:
        """Return what a Trial's status is to say: ``3/24``, the third of 24.

        What it says already stands, but for the leaders of a study that has ended.
        """
        said: str | None = status.get("rank")
        better = self.better_than(number)
        if said is not None and not (self.over and better is not None and better < LEADERS):
            return said
        return None if better is None else f"{better + 1}/{len(self.tally.results)}"

    def is_off(self, number: int, status: Mapping[str, Any]) -> bool:
        """Whether a Trial's status tells a place, and not the one that it is to tell."""
        said = status.get("rank")
        return said is not None and said != self.told(number, status)

    def off(self) -> list[int]:
        """Return the leaders of a study that has ended whose Trials tell another place."""
        if not self.over:
            return []
        results = self.tally.results
        upwards = self.direction is Direction.MAXIMIZE
        leaders = results[-LEADERS:] if upwards else results[:LEADERS]
        views = ((number, self.tally.trials[number].view) for _, number in leaders)
        return [n for n, view in views if view is not None and self.is_off(n, view.status)]
