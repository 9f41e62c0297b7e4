"""A study at rest: all its trials have ended, and what they came to is stored beside the log.

Such a study is known without replaying its log, which is done only when somebody asks for more.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from espalier.planning.record import TrialRecord
from espalier.pruning import JudgeSummary
from espalier.store import reading as ask
from espalier.store import schema
from espalier.store.rows import Row, finite_or_none
from espalier.store.summary import summary_of

Rest = tuple[dict[int, TrialRecord], JudgeSummary]
"""The ended trials by number, and what the judge had to say."""


def figures_row(study: int, trial: TrialRecord) -> Row:
    """Return the row of the `figures` table for a trial that has ended."""
    decision = trial.decision
    return (
        study,
        trial.number,
        trial.step,
        None if trial.latest is None else finite_or_none(trial.latest),
        trial.best,
        trial.best_step,
        None if decision is None else decision.attempt,
        None if decision is None else decision.step,
    )


def rest_of(connection: Connection, study: int) -> Rest | None:
    """Return what is stored of a study at rest; None if it is not, or is not known to be."""
    table = schema.studies
    text = connection.scalar(select(table.c.summary).where(table.c.id == study))
    summary = summary_of(text)
    if summary is None:
        return None
    attempts: dict[int, int] = {}
    for trial, attempt, _ in ask.attempts_of(connection, study):
        attempts[trial] = max(attempt, attempts.get(trial, 0))
    ends = {stored.trial: stored.end for stored in ask.ends_of(connection, study)}
    figures = schema.figures
    rows = connection.execute(select(figures).where(figures.c.study == study)).all()
    decisions = ask.decisions_at(
        connection,
        study,
        (
            (row.trial, row.decided_attempt, row.decided_step)
            for row in rows
            if row.decided_attempt is not None
        ),
    )
    prunes = ask.prunes_of(connection, study)
    trials = {
        row.trial: TrialRecord(
            number=row.trial,
            attempt=attempts.get(row.trial, 0),
            step=row.step,
            latest=None if row.step is None else ask.value_of(row.latest),
            best=row.best,
            best_step=row.best_step,
            decision=decisions.get(row.trial),
            prune=prunes.get(row.trial),
            end=ends.get(row.trial),
        )
        for row in rows
    }
    whole = trials.keys() == ends.keys() and attempts.keys() <= trials.keys()
    return (trials, summary) if whole else None
