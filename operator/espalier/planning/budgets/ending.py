"""How a study ends whose budget is spent."""

from __future__ import annotations

from espalier.api.reasons import BUDGET_SPENT, StudyReason
from espalier.planning.budgets.spending import Met, Spending
from espalier.planning.budgets.words import RAISE, limit_words
from espalier.planning.endings.of_study import (
    StudyEnding,
    judge_search_ending,
    judge_study_ending,
)
from espalier.planning.endings.of_trial import EndingVerdict
from espalier.planning.finalists.results import finalists_of
from espalier.planning.finalists.words import outcome
from espalier.planning.standing.look import Look
from espalier.planning.world.chosen import is_chosen
from espalier.planning.world.settings import OperatorSettings
from espalier.pruning import TrialState


def judge_endings(
    look: Look, settings: OperatorSettings, spending: Spending
) -> tuple[StudyEnding | None, StudyEnding | None]:
    """Tell how the search ends, and how the study does; None for what goes on.

    A study that is at its end otherwise has not ended by its budget, unless that has ended its last
    trial.
    """
    search = judge_search_ending(look, settings)
    ending = judge_study_ending(look, search)
    if spending.met is None or (ending is not None and (ending.stops or not _cut(look))):
        return search, ending
    if ending is None and spending.met is Met.SOFT and any(s.begun for s in look.going_on):
        return search, None
    chosen = is_chosen(look.snapshot.study)
    return (search if chosen else None), _spent(look, spending, chosen)


def stopped_start(spending: Spending) -> str:
    """Say why nothing that has not begun is to begin; empty while it may."""
    limit = spending.first
    return "" if limit is None else f"{limit_words(limit)}, and the trial had not begun."


def _cut(look: Look) -> bool:
    """Whether it was the budget that has ended the trial which ended last."""
    newest = look.tally.newest()
    return newest is not None and newest.end.reason == BUDGET_SPENT.reason


def _spent(look: Look, spending: Spending, chosen: bool) -> StudyEnding:
    """Word the ending of a study by its budget."""
    spec, limit = look.blueprint.spec, spending.first
    assert spec is not None
    assert limit is not None
    trials = EndingVerdict(BUDGET_SPENT, f"{limit_words(limit)}.")
    said = f"{limit_words(limit)}: {_what_ended(look)}. {RAISE}"
    if not look.tally.phases[TrialState.COMPLETED.value]:
        said = f"No trial has completed. {said}"
        return StudyEnding(False, StudyReason.NO_TRIAL_COMPLETED, said, True, trials)
    if chosen:
        said = f"{said} {outcome(finalists_of(look), spec.objective.direction)}".rstrip()
    return StudyEnding(True, StudyReason.BUDGET_SPENT, said, True, trials)


def _what_ended(look: Look) -> str:
    count = look.tally.endings[BUDGET_SPENT.reason]
    if not count:
        return f"{len(look.tally)} trials have ended"
    cut = "1 of them" if count == 1 else f"{count} of them"
    return f"{len(look.tally)} trials have ended, {cut} for it"
