"""A study's values and decisions in the order of arrival, a page at a time.

The order is that of an index, so that a page costs the same wherever it lies, and nothing is
sorted: a sort of a large log needs more room than the operator has for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sqlalchemy import Connection, func, select

from espalier.store import reading as ask
from espalier.store import schema
from espalier.study_log.log import StoredDecision, StoredObservation

PAGE = 1000
"""Rows that are in memory at once."""


Arrived = tuple[
    int, int, int, str, int, float | None, float,
    str | None, str | None, int | None, int | None, int | None,
]  # fmt: skip
"""A value as it arrived: `seq`, trial, attempt, metric, step, the value (None where it was not
finite) and when; then what the acting judge decided on it: action, reason, rung, bracket and the
rule's number, all of them None where it decided nothing."""


# A decision is found by its key; `seq` says whether it is of this value, or of another metric's at
# the same step.
_ARRIVED = """
SELECT o.seq, o.trial, o.attempt, o.metric, o.step, o.value, o.at,
       d.action, d.reason, d.rung, d.bracket, d.rule
FROM observations AS o INDEXED BY observations_in_order
LEFT JOIN decisions AS d
  ON d.study = o.study AND d.trial = o.trial AND d.attempt = o.attempt AND d.step = o.step
  AND d.shadow = '' AND d.seq = o.seq
WHERE o.study = ? AND o.seq > ? ORDER BY o.seq LIMIT ?
"""


def arrived_after(connection: Connection, study: int, seq: int) -> list[Arrived]:
    """Return the next page of values after a place in the log."""
    # Past SQLAlchemy's own rows, which would double the time that a restart takes.
    cursor = connection.connection.cursor()
    cursor.execute(_ARRIVED, (study, seq, PAGE))
    return list(cursor.fetchall())


Connect = Callable[[], AbstractContextManager[Connection]]


def observations(connect: Connect, study: int) -> Iterator[StoredObservation]:
    """Yield a study's values, each page read in a transaction of its own."""
    seq = -1
    while True:
        with connect() as connection:
            page = [_value(*row[:7]) for row in arrived_after(connection, study, seq)]
        if not page:
            return
        seq = page[-1].seq
        yield from page


def _value(
    seq: int, trial: int, attempt: int, metric: str, step: int, value: float | None, at: float
) -> StoredObservation:
    return StoredObservation(seq, trial, attempt, metric, step, ask.value_of(value), at)


def decisions(connect: Connect, study: int) -> Iterator[StoredDecision]:
    """Yield a study's decisions, the shadows' included, each page in a transaction of its own."""
    seq = -1
    while True:
        with connect() as connection:
            last = _end_of_page(connection, study, seq)
            if last is None:
                return
            page = _decided_between(connection, study, seq, last)
        seq = last
        yield from page


def _end_of_page(connection: Connection, study: int, seq: int) -> int | None:
    table = schema.observations
    page = select(table.c.seq).where(table.c.study == study, table.c.seq > seq)
    page = page.order_by(table.c.seq).limit(PAGE)
    last: int | None = connection.scalar(select(func.max(page.subquery().c.seq)))
    return last


def _decided_between(
    connection: Connection, study: int, after: int, until: int
) -> list[StoredDecision]:
    values, decided = schema.observations, schema.decisions
    same = [
        values.c[name] == decided.c[name] for name in ("study", "trial", "attempt", "step", "seq")
    ]
    rows = connection.execute(
        select(decided)
        .join_from(values, decided, same[0] & same[1] & same[2] & same[3] & same[4])
        .where(values.c.study == study, values.c.seq > after, values.c.seq <= until)
        .order_by(values.c.seq, decided.c.shadow)
    )
    rules = ask.settings_by_rule(connection, study)
    return [ask.restored(row, rules) for row in rows]
