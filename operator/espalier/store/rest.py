"""A study at rest: all its trials have ended, and what they came to is stored beside the log.

Such a study is known without replaying its log, which is done only when somebody asks for more.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.pruning import Action, Decision, JudgeSummary, Reason, Restraint, TrialState
from espalier.store import reading as ask
from espalier.store import schema
from espalier.store.batch import Row
from espalier.store.rows import evidence_of, evidence_text, finite_or_none
from espalier.store.summary import summary_of

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


# All of it lies by study and trial: as many pages as it takes, and no more.
_TRIALS = """
SELECT f.trial, f.step, f.latest, f.best, f.best_step, f.decided_attempt, f.decided_step, f.action,
       f.reason, f.rung, f.bracket, f.rule, f.evidence, e.reason, e.message, e.state, e.at,
       e.gpu_seconds, e.template, e.held, e.pace,
       (SELECT max(a.attempt) FROM attempts AS a WHERE a.study = f.study AND a.trial = f.trial)
FROM figures AS f JOIN ends AS e ON e.study = f.study AND e.trial = f.trial
WHERE f.study = ?
"""
_ENDED = "SELECT count(*) FROM ends WHERE study = ?"


def rest_of(connection: Connection, study: int) -> Rest | None:
    """Return what is stored of a study at rest; None if it is not, or is not known to be."""
    table = schema.studies
    summary = summary_of(connection.scalar(select(table.c.summary).where(table.c.id == study)))
    if summary is None:
        return None
    rules = ask.settings_by_rule(connection, study)
    # Past SQLAlchemy's own rows, which take longer than all else.
    cursor = connection.connection.cursor()
    cursor.execute(_TRIALS, (study,))
    seen: dict[int, list[AttemptRecord]] = {}
    for trial, attempt in ask.sightings_of(connection, study):
        seen.setdefault(trial, []).append(attempt)
    trials = {row[0]: _trial(row, rules, tuple(seen.get(row[0], ()))) for row in cursor.fetchall()}
    whole = connection.exec_driver_sql(_ENDED, (study,)).scalar() == len(trials)
    changes = ask.changes_of(connection, study)
    return (trials, summary, changes[-1].restraint if changes else None) if whole else None


def _trial(row: Any, rules: ask.Rules, attempts: tuple[AttemptRecord, ...]) -> TrialRecord:
    number, step, latest, best, best_step, *decided = row[:13]
    decision = None if decided[0] is None else _decision(number, decided, rules)
    reason, message, state, at, used, template, held, pace, attempt = row[13:]
    return TrialRecord(
        number=number,
        attempt=attempt or 0,
        step=step,
        latest=None if step is None else ask.value_of(latest),
        best=best,
        best_step=best_step,
        decision=decision,
        prune=decision if decision is not None and decision.prunes else None,
        end=End(reason, message, TrialState(state), at, used, template, held, pace),
        attempts=attempts,
        pace=pace,
    )


def _decision(trial: int, decided: list[Any], rules: ask.Rules) -> Decision:
    attempt, step, action, reason, rung, bracket, rule, evidence = decided
    pruner, settings = rules[rule]
    return Decision(
        trial=trial,
        attempt=attempt,
        step=step,
        action=Action(action),
        reason=Reason(reason),  # type: ignore[call-arg]
        evidence=evidence_of(evidence, pruner),
        rung=rung,
        bracket=bracket,
        pruner=pruner,
        settings=settings,
    )
