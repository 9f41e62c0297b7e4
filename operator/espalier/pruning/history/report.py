"""What enters the ledger, and what the ledger did with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Report:
    """One intermediate value of one trial.

    Parameters
    ----------
    trial
        Number of the trial in its study.
    attempt
        Which run of the trial reported it; 1 for the first.
    step
        The resource spent so far, in the study's unit; never negative.
    value
        The metric in the user's own sign. NaN means that training diverged.
    """

    trial: int
    attempt: int
    step: int
    value: float


class Receipt(StrEnum):
    """What the ledger did with a report."""

    APPENDED = "Appended"
    """A new latest step: the trial is judged on it."""
    BACKFILLED = "Backfilled"
    """A step behind the latest one, not seen before: completes the trial's own curve."""
    REPEATED = "Repeated"
    """The same value again: nothing changes."""
    CONTRADICTED = "Contradicted"
    """Another value for a step that this attempt has reported: refused; the first stands."""
    REPLAYED = "Replayed"
    """A later attempt reports a step that an earlier one had: noted; the first stands."""
    LATE = "Late"
    """The trial has ended: counted, not used."""


class TrialState(StrEnum):
    """Where a trial stands, as far as a pruner needs to know."""

    RUNNING = "Running"
    COMPLETED = "Completed"
    PRUNED = "Pruned"
    FAILED = "Failed"
