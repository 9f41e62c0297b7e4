"""How large a run is."""

from __future__ import annotations

import math
from dataclasses import dataclass

GPUS_A_NODE = 8
SPARE = 1.1
"""Room for pods that are still going while their trials' successors start."""


@dataclass(frozen=True)
class Size:
    """The sizes of one run.

    Parameters
    ----------
    running
        Trials that run at once.
    trials
        Trials of the study.
    steps
        Values of a trial that runs to its end.
    rates
        Reports a second, one stretch of load after the other.
    seconds
        Length of each of these stretches.
    restart_seconds
        Length of the stretch in which the operator is killed; 0 leaves it out.
    pruned_percent
        Share of the trials that a pruner must prune.
    ended
        Trials that have ended before the operator starts; None: as many as leave enough for the
        others to run at once and for those that are pruned to be replaced.
    qps, burst
        Of the operator; None: its defaults.
    """

    running: int = 1000
    trials: int = 10_000
    steps: int = 50
    rates: tuple[float, ...] = (500.0, 1000.0)
    seconds: float = 24.0
    restart_seconds: float = 40.0
    pruned_percent: float = 30.0
    ended: int | None = None
    qps: float | None = None
    burst: int | None = None

    @property
    def first_live(self) -> int:
        """The number of the first trial that the operator starts."""
        if self.ended is not None:
            return min(self.ended, self.trials)
        replaced = math.ceil(self.running * self.pruned_percent / 100)
        return max(0, self.trials - self.running - replaced)

    @property
    def lives(self) -> int:
        """Trials that the operator starts."""
        return self.trials - self.first_live

    @property
    def nodes(self) -> int:
        """Nodes of eight GPUs that hold all that runs at once."""
        return math.ceil(self.running * SPARE / GPUS_A_NODE)
