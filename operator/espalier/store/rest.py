"""A study at rest: all its trials have ended, and what they came to is stored beside the log.

Such a study is known without replaying its log, which is done only when somebody asks for more.
"""

from __future__ import annotations

from espalier.planning.world.record import TrialRecord
from espalier.pruning import JudgeSummary, Restraint
from espalier.store.batch import Row
from espalier.store.rows import evidence_text, finite_or_none

Rest = tuple[dict[int, TrialRecord], JudgeSummary, Restraint | None]
"""The ended trials by number, what the judge had to say, and what held pruning back, where that
is not what the study was opened with."""


def figures_row(study: int, trial: TrialRecord, rule: int | None) -> Row:
    """Return the row of the `figures` table for a trial that has ended.

    Parameters
    ----------
    study : int
        The study's number in the store.
    trial : TrialRecord
        The trial; if it was pruned, that was its newest decision.
    rule : int or None
        Number of the rule of its newest decision, if there is one.
    """
    latest = None if trial.latest is None else finite_or_none(trial.latest)
    row = (study, trial.number, trial.step, latest, trial.best, trial.best_step)
    decision = trial.decision
    if decision is None:
        return row + (None,) * 8
    return (
        *row,
        decision.attempt,
        decision.step,
        decision.action.value,
        decision.reason.value,
        decision.rung,
        decision.bracket,
        rule,
        evidence_text(decision),
    )
