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
from espalier.study_log.log import Arrived, StoredDecision, StoredObservation

LARGEST_STEP = 2**53
PAGE = 1000
"""Rows that are in memory at once."""


# A decision is found by its key, in which a step beyond the last one is the last; `seq` says
# whether it is of this value, or of another one that is judged at the same step.
_ARRIVED = """
SELECT o.seq, o.trial, o.attempt, o.metric, o.step, o.value, o.at,
       d.action, d.reason, d.rung, d.bracket, d.rule
FROM observations AS o INDEXED BY observations_in_order
LEFT JOIN decisions AS d
  ON d.study = o.study AND d.trial = o.trial AND d.attempt = o.attempt AND d.step = MIN(o.step, ?)
  AND d.shadow = '' AND d.seq = o.seq
WHERE o.study = ? AND o.seq > ? ORDER BY o.seq LIMIT ?
"""


def arrived_after(
    connection: Connection, study: int, seq: int, last: int = LARGEST_STEP
) -> list[Arrived]:
    """Return the next page of values after a place in the log.

    Parameters
    ----------
    last
        The largest step that values are judged at.
    """
    # Past SQLAlchemy's own rows, which would double the time that a restart takes.
    cursor = connection.connection.cursor()
    cursor.execute(_ARRIVED, (last, study, seq, PAGE))
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
