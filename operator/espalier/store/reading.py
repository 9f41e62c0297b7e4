"""Questions to the database; each is answered out of one state of it."""

from __future__ import annotations

import heapq
import json
import math
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from espalier.api.judging import JudgeSettings
from espalier.errors import InternalError
from espalier.planning.world.record import AttemptRecord, MadeTrial, Origin
from espalier.pruning import Decision
from espalier.store import schema
from espalier.store.rows import (
    change_of,
    decision_of,
    earlier_trial_of,
    end_of,
    settings_of_rule,
    sources_of,
)
from espalier.store.summary import summary_of
from espalier.study_log.log import (
    Head,
    Log,
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredEnd,
    StoredObservation,
    StoredOutput,
    StoredProposal,
    StoredSpec,
    StudyRow,
    in_order,
)

Rules = Mapping[int, tuple[str, Mapping[str, object]]]
"""The pruner and its settings, by the rule's number."""

_LIVING = schema.studies.c.closed_at.is_(None)
_WHOLE = schema.studies.c.purged_at.is_(None)


def study_of(row: Any) -> StudyRow:
    """Restore a study from its row."""
    return StudyRow(
        id=row.id,
        uid=row.uid,
        namespace=row.namespace,
        name=row.name,
        settings=JudgeSettings.from_dict(json.loads(row.settings), row.uid),
        opened_at=row.opened_at,
        version=row.version,
        sampled=row.sampled,
    )


def all_studies(connection: Connection) -> list[StudyRow]:
    """Return the studies that are not closed, oldest first."""
    rows = connection.execute(select(schema.studies).where(_LIVING).order_by(schema.studies.c.id))
    return [study_of(row) for row in rows]


def bytes_of_namespaces(connection: Connection) -> dict[str, int]:
    """Return what the rows of each namespace's studies take, closed ones included."""
    table = schema.studies
    taken = func.sum(table.c.bytes)
    rows = connection.execute(select(table.c.namespace, taken).group_by(table.c.namespace))
    return {namespace: int(count) for namespace, count in rows}


def running_studies(connection: Connection) -> list[StudyRow]:
    """Return the studies that are not closed and have a trial that began and has not ended."""
    attempts, ends = schema.attempts, schema.ends
    ended = (ends.c.study == attempts.c.study) & (ends.c.trial == attempts.c.trial)
    began = select(attempts.c.study).where(~select(ends.c.seq).where(ended).exists())
    rows = connection.execute(
        select(schema.studies)
        .where(_LIVING, schema.studies.c.id.in_(began))
        .order_by(schema.studies.c.id)
    )
    return [study_of(row) for row in rows]


def find_study(connection: Connection, uid: str) -> StudyRow | None:
    """Return the study with this uid, None where there is none or it is closed."""
    row = connection.execute(
        select(schema.studies).where(schema.studies.c.uid == uid, _LIVING)
    ).first()
    return None if row is None else study_of(row)


def named_study(
    connection: Connection, namespace: str, name: str, besides: str = ""
) -> StudyRow | None:
    """Return the newest study of this name, a closed one where no other is there.

    One with the uid `besides` is not meant.
    """
    table = schema.studies
    named = (table.c.namespace == namespace) & (table.c.name == name) & (table.c.uid != besides)
    newest = (table.c.closed_at.is_not(None), table.c.id.desc())
    row = connection.execute(select(table).where(named, _WHOLE).order_by(*newest)).first()
    return None if row is None else study_of(row)


def due_for_removal(connection: Connection, closed_until: float) -> list[int]:
    """Return the numbers of the studies closed by a time, whose rows are not all gone."""
    table = schema.studies
    due = (table.c.closed_at <= closed_until) | ~_WHOLE
    return list(connection.scalars(select(table.c.id).where(due).order_by(table.c.id)))


def value_of(column: float | None) -> float:
    """Return a value as a column keeps it: SQL has no NaN."""
    return math.nan if column is None else column


def observation_of(row: Any) -> StoredObservation:
    """Restore a value from its row."""
    return StoredObservation(
        seq=row.seq,
        trial=row.trial,
        attempt=row.attempt,
        metric=row.metric,
        step=row.step,
        value=value_of(row.value),
        at=row.at,
    )


def known_values(
    connection: Connection, study: int, trial: int, attempt: int, keys: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], float]:
    """Return by metric and step those values of an attempt that are stored."""
    steps: dict[str, list[int]] = {}
    for metric, step in keys:
        steps.setdefault(metric, []).append(step)
    table = schema.observations
    of_attempt = (table.c.study == study) & (table.c.trial == trial) & (table.c.attempt == attempt)
    found: dict[tuple[str, int], float] = {}
    for metric, asked in steps.items():
        of_steps = (table.c.metric == metric) & table.c.step.in_(asked)
        rows = connection.execute(select(table.c.step, table.c.value).where(of_attempt, of_steps))
        for row in rows:
            found[metric, row.step] = value_of(row.value)
    return found


def attempt_numbers(connection: Connection, study: int, trial: int) -> dict[str, int]:
    """Return which attempt each pod of a trial is."""
    table = schema.attempts
    of_trial = (table.c.study == study) & (table.c.trial == trial)
    rows = connection.execute(select(table.c.pod_uid, table.c.attempt).where(of_trial))
    return {row.pod_uid: row.attempt for row in rows}


def _rules(connection: Connection, study: int) -> dict[int, tuple[str, str]]:
    rows = connection.execute(select(schema.rules).where(schema.rules.c.study == study))
    return {row.rule: (row.pruner, row.settings) for row in rows}


def settings_by_rule(connection: Connection, study: int) -> Rules:
    """Return the rules of a study, by number."""
    found = _rules(connection, study).items()
    return {rule: (pruner, settings_of_rule(pruner, text)) for rule, (pruner, text) in found}


def restored(row: Any, rules: Rules) -> StoredDecision:
    """Restore a decision from its row."""
    pruner, settings = rules[row.rule]
    return decision_of(row, settings, pruner)


def decision_at(
    connection: Connection, study: int, trial: int, attempt: int, step: int
) -> StoredDecision | None:
    """Return what the acting judge decided at a step."""
    rules = settings_by_rule(connection, study)
    return _decision_at(connection, study, (trial, attempt, step), rules)


_DECISION = """
SELECT * FROM decisions WHERE study = ? AND trial = ? AND attempt = ? AND step = ? AND shadow = ''
"""


def _decision_at(
    connection: Connection, study: int, place: tuple[int, int, int], rules: Rules
) -> StoredDecision | None:
    row = connection.exec_driver_sql(_DECISION, (study, *place)).first()
    return None if row is None else restored(row, rules)


def decisions_at(
    connection: Connection, study: int, places: Iterable[tuple[int, int, int]]
) -> dict[int, Decision]:
    """Return by trial what the acting judge decided at its (trial, attempt, step)."""
    rules = settings_by_rule(connection, study)
    found = {place[0]: _decision_at(connection, study, place, rules) for place in places}
    return {trial: stored.decision for trial, stored in found.items() if stored is not None}


def attempts_of(connection: Connection, study: int) -> list[tuple[int, int, str]]:
    """Return trial, attempt and pod of each attempt of a study."""
    table = schema.attempts
    rows = connection.execute(select(table).where(table.c.study == study))
    return [(row.trial, row.attempt, row.pod_uid) for row in rows]


# All of it lies by study and trial.
SIGHTINGS = """
SELECT s.trial, s.attempt, a.pod_uid, s.pod, s.job_uid, s.gpus, s.held, s.ran, s.disruption,
       s.deleted, s.suspended, s.exit_code, s.exit_reason, s.over
FROM sightings AS s JOIN attempts AS a
  ON a.study = s.study AND a.trial = s.trial AND a.attempt = s.attempt
WHERE s.study = ? ORDER BY s.trial, s.attempt
"""


def sightings_of(connection: Connection, study: int) -> tuple[tuple[int, AttemptRecord], ...]:
    """Return trial and what was seen of an attempt, in the order of both."""
    rows = raw_rows(connection, SIGHTINGS, study)
    return tuple((row[0], sighting_of(*row[1:])) for row in rows)


def raw_rows(connection: Connection, statement: str, *asked: object) -> list[tuple[Any, ...]]:
    """Return rows past SQLAlchemy's own, which would take longer than all else."""
    cursor = connection.connection.cursor()
    cursor.execute(statement, asked)
    return list(cursor.fetchall())


def sighting_of(
    attempt: int, pod_uid: str, pod: str, job_uid: str, gpus: float, held: float, ran: float,
    disruption: str, deleted: int, suspended: int, exit_code: int | None, exit_reason: str,
    over: int,
) -> AttemptRecord:  # fmt: skip
    """Restore what was seen of an attempt from its row."""
    return AttemptRecord(
        attempt=attempt,
        pod_uid=pod_uid,
        pod=pod,
        job_uid=job_uid,
        gpus=gpus,
        held=held,
        ran=ran,
        disruption=sys.intern(disruption),
        deleted=bool(deleted),
        suspended=bool(suspended),
        exit_code=exit_code,
        exit_reason=sys.intern(exit_reason),
        over=bool(over),
    )


def ends_of(connection: Connection, study: int) -> list[StoredEnd]:
    """Return a study's endings in the order of arrival."""
    table = schema.ends
    rows = connection.execute(select(table).where(table.c.study == study).order_by(table.c.seq))
    return [end_of(row) for row in rows]


def changes_of(connection: Connection, study: int) -> tuple[StoredChange, ...]:
    """Return the changes of what a study is judged by, in the order of arrival."""
    table = schema.changes
    rows = connection.execute(select(table).where(table.c.study == study).order_by(table.c.seq))
    return tuple(change_of(row) for row in rows)


def on_others_of(connection: Connection, study: int) -> tuple[StoredDecision, ...]:
    """Return what was decided on other trials than the one that reported, in order of arrival."""
    table = schema.decisions_on_others
    order = (table.c.seq, table.c.shadow, table.c.trial)
    found = connection.execute(select(table).where(table.c.study == study).order_by(*order)).all()
    rules = settings_by_rule(connection, study) if found else {}
    return tuple(restored(row, rules) for row in found)


MADE = """
SELECT number, name, parameters, origin, template, created_at, started_at, coalesce(told, '')
FROM trials WHERE study = ? ORDER BY number
"""


def made_of(connection: Connection, study: int) -> dict[int, MadeTrial]:
    """Return what trials were made as, by number and in the order of numbers."""
    return {row[0]: made_trial_of(*row[1:]) for row in raw_rows(connection, MADE, study)}


def made_trial_of(name: str, parameters: str, origin: str, *rest: Any) -> MadeTrial:
    """Restore what a trial was made as from its row."""
    return MadeTrial(name, parameters, Origin(origin), *rest)


def specs_of(connection: Connection, study: int) -> tuple[StoredSpec, ...]:
    """Return what a Study said, the newest last."""
    table = schema.specs
    rows = connection.execute(
        select(table).where(table.c.study == study).order_by(table.c.at, table.c.generation)
    )
    return tuple(
        StoredSpec(row.template, row.generation, json.loads(row.spec), row.at) for row in rows
    )


def outputs_of(connection: Connection, study: int, trial: int) -> tuple[StoredOutput, ...]:
    """Return what the trainers of a trial's attempts printed last, in the order of attempts."""
    table = schema.outputs
    on_trial = (table.c.study == study) & (table.c.trial == trial)
    rows = connection.execute(select(table).where(on_trial).order_by(table.c.attempt))
    return tuple(
        StoredOutput(row.attempt, zlib.decompress(row.packed).decode(), row.cut, row.at)
        for row in rows
    )


PROPOSALS = """
SELECT seq, trial, parameters, source, redrawn, repeats, besides, versions, at, branches
FROM proposals WHERE study = ? ORDER BY seq, trial
"""


def proposals_of(connection: Connection, study: int) -> list[StoredProposal]:
    """Return what trials were to run, in the order of the log."""
    return [proposal_of(*row) for row in raw_rows(connection, PROPOSALS, study)]


def proposal_of(
    seq: int, trial: int, parameters: str | None, source: str, redrawn: int, repeats: int,
    *rest: Any,
) -> StoredProposal:  # fmt: skip
    """Restore what a trial was to run from its row."""
    return StoredProposal(seq, trial, parameters, source, redrawn, bool(repeats), *rest)


_EARLIER = """
SELECT source, number, parameters, outcome, curve
FROM earlier_trials WHERE study = ? AND asked = ? ORDER BY place
"""


def earlier_of(connection: Connection, study: int) -> StoredEarlier | None:
    """Return what a study has taken over from earlier ones; None where it has not."""
    table = schema.warm_starts
    row = connection.execute(select(table).where(table.c.study == study)).first()
    if row is None:
        return None
    rows = raw_rows(connection, _EARLIER, study, row.asked)
    trials = tuple(earlier_trial_of(*each) for each in rows)
    return StoredEarlier(row.asked, sources_of(row.sources), trials, row.at)


def head_of(connection: Connection, study: int) -> Head:
    """Return what is stored of a study beside its values and decisions."""
    table, figures = schema.studies, schema.figures
    own = connection.execute(
        select(table.c.sampled, table.c.summary).where(table.c.id == study)
    ).first()
    of_study = select(figures.c.trial).where(figures.c.study == study)
    return Head(
        attempts=attempts_of(connection, study),
        ends=ends_of(connection, study),
        rules=_rules(connection, study),
        figured=frozenset(connection.scalars(of_study)),
        settled=own is not None and summary_of(own.summary) is not None,
        sampled=0 if own is None else own.sampled,
        sightings=sightings_of(connection, study),
        changes=changes_of(connection, study),
        on_others=on_others_of(connection, study),
    )


def all_decided(decisions: Iterable[StoredDecision], head: Head) -> Iterator[StoredDecision]:
    """Yield what was decided, whichever trial it is on, in the order of arrival."""
    return heapq.merge(decisions, head.on_others, key=lambda stored: stored.seq)


def last_seq(connection: Connection, study: int) -> int:
    """Return the place of a study's newest value in the order of arrivals, 0 without one."""
    table = schema.observations
    return connection.scalar(select(func.max(table.c.seq)).where(table.c.study == study)) or 0


def log_of(connection: Connection, study: StudyRow) -> Log:
    """Return all that is stored of a study, all of it in memory.

    Raises
    ------
    InternalError
        If the connection is in no transaction.
    """
    if not connection.in_transaction():
        raise InternalError("a log is read in a transaction, so that its parts agree")

    def of_study(table: Any) -> Select[Any]:
        return select(table).where(table.c.study == study.id)

    rules = settings_by_rule(connection, study.id)
    observations = of_study(schema.observations).order_by(schema.observations.c.seq)
    order = (schema.decisions.c.seq, schema.decisions.c.shadow)
    decisions = connection.execute(of_study(schema.decisions).order_by(*order))
    head = head_of(connection, study.id)
    events = in_order(
        (observation_of(row) for row in connection.execute(observations)),
        all_decided((restored(row, rules) for row in decisions), head),
        head.ends,
        head.changes,
        proposals_of(connection, study.id),
    )
    return Log(
        study=study,
        attempts=sorted(head.attempts),
        events=list(events),
        sightings=head.sightings,
        made=made_of(connection, study.id),
        specs=specs_of(connection, study.id),
        earlier=earlier_of(connection, study.id),
    )
