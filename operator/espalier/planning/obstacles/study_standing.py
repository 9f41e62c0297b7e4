"""Where a study stands as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from espalier.api.reasons import StudyReason
from espalier.planning.budgets.spending import UNLIMITED, Spending
from espalier.planning.endings.of_study import StudyEnding
from espalier.planning.obstacles.holding import Hold


@dataclass(frozen=True, slots=True)
class StudyStanding:
    """What the plan has found out about the study before its status is written.

    Parameters
    ----------
    accepted
        Whether the spec and its template can be carried out; None while that is being asked.
    refusal
        Why not; empty where they can.
    why
        Reason of the condition Accepted while that is not so.
    ending
        How the study ends, None while it goes on.
    over
        Whether all its trials have ended and no pod of it is left running.
    hold
        What holds new trials back.
    limit
        How many trials are sampled.
    search
        How the search has ended, None while it goes on; finalists may still be run again.
    spending
        What the study has used of its budget.
    """

    accepted: bool | None
    refusal: str = ""
    why: StudyReason = StudyReason.SPEC_REFUSED
    ending: StudyEnding | None = None
    over: bool = False
    hold: Hold | None = None
    limit: int = 0
    search: StudyEnding | None = None
    spending: Spending = UNLIMITED

    @property
    def repeating(self) -> bool:
        """Whether the search is over and its finalists are run again, or are to be."""
        return self.search is not None and self.ending is None
