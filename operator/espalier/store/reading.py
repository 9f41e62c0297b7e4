"""Questions to the database; each is answered out of one state of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, select

from espalier.errors import InternalError
from espalier.store import schema
from espalier.store.rows import (
    Log,
    StoredDecision,
    StoredObservation,
    StudyRow,
    decision_of,
    end_of,
    settings_of_rule,
)

_LIVING = schema.studies.c.deleted_at.is_(None)


def _study(row: Any) -> StudyRow:
    return StudyRow(
        id=row.id,
        uid=row.uid,
        namespace=row.namespace,
        name=row.name,
        settings=json.loads(row.settings),
        opened_at=row.opened_at,
        version=row.version,
    )


def all_studies(connection: Connection) -> list[StudyRow]:
    """Return the studies that are not deleted, oldest first."""
    rows = connection.execute(select(schema.studies).where(_LIVING).order_by(schema.studies.c.id))
    return [_study(row) for row in rows]


def find_study(connection: Connection, uid: str) -> StudyRow | None:
    """Return the study with this uid, None where there is none or it is deleted."""
    row = connection.execute(
        select(schema.studies).where(schema.studies.c.uid == uid, _LIVING)
    ).first()
    return None if row is None else _study(row)


def named_study(connection: Connection, namespace: str, name: str) -> StudyRow | None:
    """Return the newest study of this name that is not deleted."""
    named = (schema.studies.c.namespace == namespace) & (schema.studies.c.name == name)
    newest = schema.studies.c.id.desc()
    row = connection.execute(select(schema.studies).where(named, _LIVING).order_by(newest)).first()
    return None if row is None else _study(row)


def buried(connection: Connection) -> list[int]:
    """Return the numbers of deleted studies whose rows are not all gone."""
    return list(connection.scalars(select(schema.studies.c.id).where(~_LIVING)))


def _observations(rows: Iterable[Any]) -> list[StoredObservation]:
    return [
        StoredObservation(
            seq=row.seq,
            trial=row.trial,
            attempt=row.attempt,
            metric=row.metric,
            step=row.step,
            value=math.nan if row.value is None else row.value,
            at=row.at,
        )
        for row in rows
    ]


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
            found[metric, row.step] = math.nan if row.value is None else row.value
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


def decision_at(
    connection: Connection, study: int, trial: int, attempt: int, step: int
) -> StoredDecision | None:
    """Return what the acting judge decided at a step."""
    table = schema.decisions
    row = connection.execute(
        select(table).where(
            table.c.study == study,
            table.c.trial == trial,
            table.c.attempt == attempt,
            table.c.step == step,
            table.c.shadow == "",
        )
    ).first()
    if row is None:
        return None
    pruner, text = _rules(connection, study)[row.rule]
    return decision_of(row, settings_of_rule(pruner, text), pruner)


def log_of(connection: Connection, study: StudyRow) -> Log:
    """Return all that is stored of a study."""
    if not connection.in_transaction():
        raise InternalError("a log is read in a transaction, so that its parts agree")

    def of_study(table: Any) -> Select[Any]:
        return select(table).where(table.c.study == study.id)

    rules = _rules(connection, study.id)
    settings = {rule: settings_of_rule(*each) for rule, each in rules.items()}
    observations = of_study(schema.observations).order_by(schema.observations.c.seq)
    order = (schema.decisions.c.seq, schema.decisions.c.shadow)
    return Log(
        study=study,
        attempts=[
            (row.trial, row.attempt, row.pod_uid)
            for row in connection.execute(of_study(schema.attempts))
        ],
        observations=_observations(connection.execute(observations)),
        decisions=[
            decision_of(row, settings[row.rule], rules[row.rule][0])
            for row in connection.execute(of_study(schema.decisions).order_by(*order))
        ],
        ends=[
            end_of(row)
            for row in connection.execute(of_study(schema.ends).order_by(schema.ends.c.seq))
        ],
        rules=rules,
    )
