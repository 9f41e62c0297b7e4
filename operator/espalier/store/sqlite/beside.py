"""A store as another process reads it, beside the one that writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from espalier.errors import RetryLater
from espalier.store import reading as ask
from espalier.store import schema
from espalier.store.rows import end_of
from espalier.store.sqlite import pages
from espalier.store.sqlite.connections import reading
from espalier.store.sqlite.location import path_of
from espalier.study_log.log import (
    Log,
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredEnd,
    StoredOutput,
    StoredSpec,
    StudyRow,
    in_order,
)

Value = tuple[Any, ...]
"""Trial, attempt, step, value as its column has it, place in the order of arrival, and when."""
Reported = tuple[Any, ...]
"""Metric, attempt, step, value as its column has it, when, and its place in that order."""
_PAGE = 5000
"""Rows of one short transaction that reads along the disk."""
_AT_ONCE = 500
# The plus keeps SQLite from sorting what comes in order.
_VALUES = """
SELECT trial, attempt, step, value, seq, at FROM observations
WHERE study = ? AND (trial, attempt, metric, step) > (?, ?, ?, ?) AND +metric = ? AND seq <= ?
ORDER BY trial, attempt, metric, step LIMIT ?
"""
_ARRIVED = """
SELECT trial, attempt, step, value, seq, at, metric
FROM observations INDEXED BY observations_in_order
WHERE study = ? AND seq > ? ORDER BY seq LIMIT ?
"""
_REPORTED = """
SELECT metric, attempt, step, value, at, seq FROM observations
WHERE study = ? AND trial = ? ORDER BY +seq
"""
_PRUNED = {
    table: f"SELECT trial FROM {table} INDEXED BY {index} "
    "WHERE study = ? AND shadow = '' AND action = 'Prune'"
    for table, index in (
        ("decisions", "one_prune_a_trial"),
        ("decisions_on_others", "one_prune_by_others"),
    )
}


@dataclass(frozen=True, slots=True)
class KnownRows:
    """What a reader has of a study already.

    Parameters
    ----------
    ended
        The place of the last ending in the order of arrival; -1 before the first.
    pruned
        The trials whose decision to be pruned is known.
    warm_start
        Which trials of earlier studies are known; None where none are.
    """

    ended: int
    pruned: Collection[int]
    warm_start: object


@dataclass(frozen=True, slots=True)
class StoredRows:
    """What is stored of a study beside its values, and the decisions that kept trials.

    Parameters
    ----------
    closed
        Whether the Study is gone.
    made, sightings, proposals
        All rows as they are: a reader compares them with those it has.
    ends, prunes
        Those that are new.
    specs, changes
        See `espalier.study_log.log.Log`.
    earlier
        What was taken over from earlier studies; None where there is nothing new.
    warm_start
        Which that was.
    """

    closed: bool
    made: list[tuple[Any, ...]]
    sightings: list[tuple[Any, ...]]
    proposals: list[tuple[Any, ...]]
    ends: list[StoredEnd]
    prunes: list[StoredDecision]
    specs: tuple[StoredSpec, ...]
    changes: tuple[StoredChange, ...]
    earlier: StoredEarlier | None
    warm_start: object


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """A study in a list.

    Parameters
    ----------
    uid, namespace, name, opened_at
        The study's.
    revision
        How often it was written to.
    closed
        Whether the Study is gone.
    """

    uid: str
    namespace: str
    name: str
    opened_at: float
    revision: int
    closed: bool


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study, and how often it was written to: as long as that is the same, nothing is new.

    Parameters
    ----------
    row, revision
        Both.
    """

    row: StudyRow
    revision: int


class StoreBeside:
    """Reads a store, each question in a short transaction: the writer waits for none of them.

    Every method may block, and any thread may call it.

    Parameters
    ----------
    url
        The store's URL, such as ``sqlite:////var/lib/espalier/espalier.db``.

    Raises
    ------
    UsageError
        If the URL is none of a store.
    """

    def __init__(self, url: str) -> None:
        self._path = path_of(url)
        # It opens a connection for each question, and remembers how questions are put in SQL.
        self._engine = reading(self._path)

    def studies(self, *, closed: bool = False) -> list[ListedStudy]:
        """Return the studies, oldest first; with `closed` also those whose Study is gone."""
        table = schema.studies
        columns = (
            *(table.c.uid, table.c.namespace, table.c.name, table.c.opened_at),
            *(table.c.revision, table.c.closed_at),
        )
        shown = table.c.purged_at.is_(None) if closed else table.c.closed_at.is_(None)
        asked = select(*columns).where(shown).order_by(table.c.id)
        with self._question() as connection:
            rows = connection.execute(asked)
            return [ListedStudy(*row[:5], closed=row.closed_at is not None) for row in rows]

    def revisions(self, uids: Sequence[str]) -> dict[str, int]:
        """Return by uid how often studies were written to."""
        table = schema.studies
        asked = select(table.c.uid, table.c.revision).where(table.c.uid.in_(uids))
        with self._question() as connection:
            return {row.uid: row.revision for row in connection.execute(asked)}

    def find(self, namespace: str, name: str, uid: str = "") -> FoundStudy | None:
        """Return the newest study of this name, a closed one where no other is there.

        Parameters
        ----------
        uid
            That of the one that is meant, where there are several of the name.
        """
        table = schema.studies
        named = (table.c.namespace == namespace) & (table.c.name == name)
        whole = table.c.purged_at.is_(None)
        newest = (table.c.closed_at.is_not(None), table.c.id.desc())
        asked = select(table).where(named, whole, *([table.c.uid == uid] if uid else []))
        with self._question() as connection:
            row = connection.execute(asked.order_by(*newest).limit(1)).first()
            return None if row is None else FoundStudy(ask.study_of(row), row.revision)

    def rows(self, study: StudyRow, known: KnownRows) -> StoredRows:
        """Return what is stored of a study beside its values."""
        with self._question() as connection:
            warm_start = _warm_start(connection, study.id)
            return StoredRows(
                ask.find_study(connection, study.uid) is None,
                made=ask.raw_rows(connection, ask.MADE, study.id),
                sightings=ask.raw_rows(connection, ask.SIGHTINGS, study.id),
                proposals=ask.raw_rows(connection, ask.PROPOSALS, study.id),
                ends=_ends_after(connection, study.id, known.ended),
                prunes=_new_prunes(connection, study.id, known.pruned),
                specs=ask.specs_of(connection, study.id),
                changes=ask.changes_of(connection, study.id),
                earlier=None
                if warm_start == known.warm_start
                else ask.earlier_of(connection, study.id),
                warm_start=warm_start,
            )

    def last_arrival(self, study: StudyRow) -> int:
        """Return the place of the newest value in the order of arrival; -1 where there is none."""
        table = schema.observations
        last = select(func.max(table.c.seq)).where(table.c.study == study.id)
        with self._question() as connection:
            found: int | None = connection.scalar(last)
            return -1 if found is None else found

    def values(self, study: StudyRow, metric: str, until: int) -> Iterator[list[Value]]:
        """Yield the values of a metric up to a place in the order of arrival, trial by trial.

        A page at a time, in the order of trial, attempt and step, as they lie on the disk: that is
        many times faster than the order of arrival.
        """
        after = (-1, -1, -1)
        while True:
            with self._question() as connection:
                trial, attempt, step = after
                place = (trial, attempt, metric, step)
                page = ask.raw_rows(connection, _VALUES, study.id, *place, metric, until, _PAGE)
            if not page:
                return
            after = page[-1][:3]
            yield page

    def arrivals(self, study: StudyRow, seq: int) -> Iterator[list[Value]]:
        """Yield the values after a place in the order of arrival, each with its metric at the end.

        A page at a time.
        """
        while True:
            with self._question() as connection:
                page = ask.raw_rows(connection, _ARRIVED, study.id, seq, pages.PAGE)
            if not page:
                return
            seq = page[-1][4]
            yield page

    def reported(self, study: StudyRow, trial: int) -> list[Reported]:
        """Return all values of a trial, of whatever metric, in the order of arrival."""
        with self._question() as connection:
            return ask.raw_rows(connection, _REPORTED, study.id, trial)

    def log(self, study: StudyRow) -> Log:
        """Return all that is stored of a study; its events are read while they are gone through.

        Raises
        ------
        RetryLater
            Also while they are gone through.
        """
        with self._question() as connection:
            head = ask.head_of(connection, study.id)
            proposals = ask.proposals_of(connection, study.id)
            made, specs = ask.made_of(connection, study.id), ask.specs_of(connection, study.id)
            earlier = ask.earlier_of(connection, study.id)
        events = in_order(
            pages.observations(self._question, study.id),
            ask.all_decided(pages.decisions(self._question, study.id), head),
            head.ends,
            head.changes,
            proposals,
        )
        attempts = sorted(head.attempts)
        return Log(study, attempts, events, head.sightings, made, specs, earlier)

    def decisions(self, study: StudyRow, trial: int) -> Sequence[StoredDecision]:
        """Return all decisions on a trial, the shadows' included, in the order of arrival."""
        with self._question() as connection:
            return _decisions_on(connection, study.id, trial)

    def outputs(self, study: StudyRow, trial: int) -> Sequence[StoredOutput]:
        """Return what the trainers of a trial's attempts printed last, in order."""
        with self._question() as connection:
            return ask.outputs_of(connection, study.id, trial)

    @contextmanager
    def _question(self) -> Iterator[Connection]:
        if not self._path.is_file():
            raise RetryLater(f"there is no store at {self._path} yet", after=2)
        with _answered(self._path), self._engine.begin() as connection:
            yield connection


def _ends_after(connection: Connection, study: int, seq: int) -> list[StoredEnd]:
    table = schema.ends
    new = select(table).where(table.c.study == study, table.c.seq > seq).order_by(table.c.seq)
    return [end_of(row) for row in connection.execute(new)]


def _new_prunes(connection: Connection, study: int, known: Collection[int]) -> list[StoredDecision]:
    """Return the decisions that pruned other trials than those; an index has the trials."""
    rules = ask.settings_by_rule(connection, study)
    found: list[StoredDecision] = []
    for table in (schema.decisions, schema.decisions_on_others):
        pruned = ask.raw_rows(connection, _PRUNED[table.name], study)
        new = [trial for (trial,) in pruned if trial not in known]
        acting = (table.c.study == study) & (table.c.shadow == "") & (table.c.action == "Prune")
        for begin in range(0, len(new), _AT_ONCE):
            some = table.c.trial.in_(new[begin : begin + _AT_ONCE])
            rows = connection.execute(select(table).where(acting, some))
            found += [ask.restored(row, rules) for row in rows]
    return sorted(found, key=lambda stored: stored.seq)


def _warm_start(connection: Connection, study: int) -> object:
    table = schema.warm_starts
    found = connection.execute(
        select(table.c.asked, table.c.at).where(table.c.study == study)
    ).first()
    return None if found is None else tuple(found)


def _decisions_on(connection: Connection, study: int, trial: int) -> tuple[StoredDecision, ...]:
    rules = ask.settings_by_rule(connection, study)
    found: list[StoredDecision] = []
    for table in (schema.decisions, schema.decisions_on_others):
        on_trial = (table.c.study == study) & (table.c.trial == trial)
        found += [
            ask.restored(row, rules) for row in connection.execute(select(table).where(on_trial))
        ]
    return tuple(sorted(found, key=lambda stored: (stored.seq, stored.shadow)))


@contextmanager
def _answered(path: Path) -> Iterator[None]:
    """Say in words that a store cannot be read now: it is being made, migrated or moved."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        said = str(getattr(error, "orig", None) or error)
        raise RetryLater(f"the store {path.name} does not answer: {said}", after=2) from error
