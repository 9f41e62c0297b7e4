"""What trials have shown so far, for samplers that learn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from espalier.search.space import Value


class Outcome(StrEnum):
    """Where a trial stands, as far as a search is concerned."""

    RUNNING = "Running"
    COMPLETED = "Completed"
    PRUNED = "Pruned"
    FAILED = "Failed"
    """By its own fault: its configuration does not work."""
    LOST = "Lost"
    """By no fault of its own: nothing is known of its configuration, which may be run again."""


class Told(StrEnum):
    """What samplers are told of a trial."""

    VALUE = "Value"
    """That it ended with `PastTrial.score`."""
    PRUNED = "Pruned"
    """That it was pruned, at its last step with the score that it had there."""
    INFEASIBLE = "Infeasible"
    """That its configuration does not work."""
    RUNNING = "Running"
    """That it is being tried."""
    NOTHING = "Nothing"
    """Nothing: samplers are to pass over it. It is only known to have been tried."""


@dataclass(frozen=True, slots=True)
class PastTrial:
    """A trial, as the log has it and as samplers are told of it.

    Scores are turned so that larger is better whatever the study's direction.

    Attributes
    ----------
    number
        The trial's number; one made by hand has 1,000,000 or more. Numbers of an earlier study are
        that study's own.
    parameters
        Its parameters: those that took part.
    outcome
        Where it stands.
    steps, scores
        What it has reported, by step: steps increase; a score is NaN where training diverged.
    earlier
        Uid of the earlier study that it is of; empty for one of this study.
    told
        What samplers are told of it.
    score
        With `Told.VALUE`, its score at the last step, or what it is expected to have been there.
    deviation
        The standard deviation of `score`; 0 where it was seen.
    """

    number: int
    parameters: Mapping[str, Value]
    outcome: Outcome
    steps: Sequence[int] = ()
    scores: Sequence[float] = ()
    earlier: str = ""
    told: Told = Told.NOTHING
    score: float | None = None
    deviation: float = 0.0

    @property
    def last_step(self) -> int | None:
        """The last step that it reported; None if it reported nothing."""
        return self.steps[-1] if self.steps else None

    @property
    def last_score(self) -> float | None:
        """Its score at that step; NaN if it diverged, None if it reported nothing."""
        return self.scores[-1] if self.scores else None


History = Sequence[PastTrial]
"""The trials before a proposal: those of earlier studies first, then those that have ended in the
order of their ends, then those that run in the order of their numbers."""

NO_HISTORY: History = ()
