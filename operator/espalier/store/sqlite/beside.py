"""A store as another process reads it, beside the one that writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from espalier.errors import RetryLater
from espalier.planning.world.record import AttemptRecord, MadeTrial
from espalier.store import reading as ask
from espalier.store import schema
from espalier.store.sqlite import pages
from espalier.store.sqlite.connections import reading
from espalier.store.sqlite.location import path_of
from espalier.study_log.log import (
    Arrived,
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredEnd,
    StoredOutput,
    StoredProposal,
    StoredSpec,
    StudyRow,
)


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """What is stored of a study beside its values, and the decisions that kept trials.

    Parameters
    ----------
    study
        The study.
    closed
        Whether the Study is gone.
    specs, made, sightings, prunes, ends, proposals, changes, earlier
        See `espalier.study_log.log.Log`; of the decisions those that pruned.
    """

    study: StudyRow
    closed: bool
    specs: tuple[StoredSpec, ...]
    made: dict[int, MadeTrial]
    sightings: tuple[tuple[int, AttemptRecord], ...]
    prunes: tuple[StoredDecision, ...]
    ends: list[StoredEnd]
    proposals: list[StoredProposal]
    changes: tuple[StoredChange, ...]
    earlier: StoredEarlier | None


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

    def study(self, study: StudyRow) -> StoredStudy:
        """Return what is stored of a study beside its values."""
        with self._question() as connection:
            return StoredStudy(
                study,
                ask.find_study(connection, study.uid) is None,
                specs=ask.specs_of(connection, study.id),
                made=ask.made_of(connection, study.id),
                sightings=ask.sightings_of(connection, study.id),
                prunes=_prunes(connection, study.id),
                ends=ask.ends_of(connection, study.id),
                proposals=ask.proposals_of(connection, study.id),
                changes=ask.changes_of(connection, study.id),
                earlier=ask.earlier_of(connection, study.id),
            )

    def arrivals(self, study: StudyRow, seq: int) -> Iterator[list[Arrived]]:
        """Yield the values after a place in the log, a page at a time."""
        while True:
            with self._question() as connection:
                page = pages.arrived_after(connection, study.id, seq)
            if not page:
                return
            seq = page[-1][0]
            yield page

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
        with _answered(self._path), reading(self._path).begin() as connection:
            yield connection


def _prunes(connection: Connection, study: int) -> tuple[StoredDecision, ...]:
    """Return the decisions that pruned a trial; an index has them."""
    rules = ask.settings_by_rule(connection, study)
    found: list[StoredDecision] = []
    for table in (schema.decisions, schema.decisions_on_others):
        of_study = (table.c.study == study) & (table.c.shadow == "") & (table.c.action == "Prune")
        found += [
            ask.restored(row, rules) for row in connection.execute(select(table).where(of_study))
        ]
    return tuple(sorted(found, key=lambda stored: stored.seq))


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
