"""Which trials are to end though nothing is wrong with them: their study ends, or its search."""

from __future__ import annotations

from dataclasses import dataclass

from espalier.api.reasons import BUDGET_SPENT, STUDY_ENDED
from espalier.planning.endings.of_study import StudyEnding
from espalier.planning.endings.of_trial import EndingVerdict
from espalier.planning.standing.standing import Standing
from espalier.pruning import is_repeat


@dataclass(frozen=True, slots=True)
class Stopping:
    """Why trials that would go on are to end.

    Parameters
    ----------
    study
        How the study ends; None while it goes on.
    search
        How its search ends, of which repeats of finalists are no part; None while that goes on.
    not_begun
        Why those are to end that have not begun; empty where they may begin.
    """

    study: StudyEnding | None = None
    search: StudyEnding | None = None
    not_begun: str = ""

    @property
    def whole(self) -> bool:
        """Whether all trials are to end."""
        return self.study is not None and self.study.stops

    @property
    def searching(self) -> bool:
        """Whether all those of the search are to end, if no others."""
        return self.search is not None and self.search.stops

    def of(self, standing: Standing) -> EndingVerdict | None:
        """Return how a trial is to end that would go on; None if it may."""
        searches = not is_repeat(standing.number)
        ending = self.search if not self.whole and searches else self.study
        if ending is not None and ending.stops:
            return ending.trials or EndingVerdict(STUDY_ENDED, ending.message)
        if self.not_begun and not (standing.begun or standing.waiting):
            return EndingVerdict(BUDGET_SPENT, self.not_begun)
        return None
