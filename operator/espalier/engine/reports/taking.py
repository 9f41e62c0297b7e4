"""A batch that a study is taking, slice by slice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from espalier.engine.reports.submission import CheckedReport
from espalier.engine.reports.trial_memory import TrialMemory
from espalier.pruning import Decision, Receipt


@dataclass(slots=True)
class Taking:
    """How far a study has got with a batch; durable when `commit`, if there is one, is done.

    Parameters
    ----------
    trial : TrialMemory
        Whose values they are.
    attempt : int
        Of the pod that sent them.
    news : list of CheckedReport
        The values that were not stored before.
    repeated : int
        How many were stored already.

    Attributes
    ----------
    taken : int
        How many of `news` have been judged and queued for the store.
    pruned : bool
        Whether one of them had a trial pruned, this one or another.
    receipts : dict of Receipt to int
        How many values were treated alike.
    commit : Future, optional
        The last slice's; those before are durable when it is.
    """

    trial: TrialMemory
    attempt: int
    news: list[CheckedReport]
    repeated: int
    taken: int = 0
    pruned: bool = False
    receipts: dict[Receipt, int] = field(default_factory=dict)
    commit: asyncio.Future[None] | None = None

    @property
    def accepted(self) -> int:
        """How many values were new."""
        return len(self.news)

    @property
    def decision(self) -> Decision | None:
        """What is decided on the trial."""
        return self.trial.prune_ahead or self.trial.decided

    @property
    def done(self) -> bool:
        """Whether all of it has been taken."""
        return self.taken == len(self.news)

    def count(self, receipt: Receipt, values: int = 1) -> None:
        """Count values that were treated alike."""
        self.receipts[receipt] = self.receipts.get(receipt, 0) + values
