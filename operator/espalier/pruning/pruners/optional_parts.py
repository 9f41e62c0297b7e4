"""What a pruner may say beside its `judge`: each part is optional, and found by its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from espalier.pruning.decisions.decision import Decision
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.base import Pruner


@runtime_checkable
class NeedsVotes(Protocol):
    """A pruner that has to say prune more than once."""

    @property
    def votes_needed(self) -> int:
        """How many judged steps in a row must say prune before the trial is pruned."""


@runtime_checkable
class StatesRisk(Protocol):
    """A pruner that may lose the winner, with a probability that it states."""

    @property
    def stated_risk(self) -> float | None:
        """What ``evidence["risk"]`` of all prunings may add up to; None: without limit."""


@runtime_checkable
class JudgesOthers(Protocol):
    """A pruner that a trial's value may lead to decisions about other trials."""

    def judge_others(self, ledger: Ledger, trial: int) -> Iterable[Decision]:
        """Judge other trials than the one that has just reported, as purely as `judge` does.

        Only trials that have reported and go on are heard, each once; guards, patience and risk
        hold for these decisions as for those of `judge`.

        Parameters
        ----------
        ledger
            The study's history, with the value that came.
        trial
            Number of the trial that reported it.
        """


def votes_needed(pruner: Pruner) -> int:
    """Return how many judged steps in a row must say prune; 1 where the pruner does not say."""
    return pruner.votes_needed if isinstance(pruner, NeedsVotes) else 1


def stated_risk(pruner: Pruner) -> float | None:
    """Return the risk that a pruner states; None where it states none."""
    return pruner.stated_risk if isinstance(pruner, StatesRisk) else None
