"""The one connection that writes: many batches, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from espalier.store import reading as ask
from espalier.store import schema
from espalier.store.adoption import adopted
from espalier.store.batch import Batch, Row
from espalier.store.sqlite.connections import writing
from espalier.store.sqlite.space import give_back_some, let_it_shrink
from espalier.study_log.log import StudyRow

_ORDER = (
    "attempts",
    "sightings",
    "rules",
    "observations",
    "decisions",
    "decisions_on_others",
    "ends",
    "figures",
    "changes",
    "trials",
    "specs",
    "proposals",
    "warm_starts",
    "earlier_trials",
    "outputs",
)
_REPLACING = (
    schema.figures,
    schema.sightings,
    schema.trials,
    schema.specs,
    schema.warm_starts,
    schema.earlier_trials,
    schema.outputs,
)
_PURGED_AT_ONCE = 5000
"""Rows that one transaction deletes, so that commits of running studies need not wait."""


def _statement(table: Table) -> str:
    # Compiled once: building the statement anew costs more than running it.
    inserted = insert(table)
    if table in _REPLACING:
        inserted = inserted.prefix_with("OR REPLACE")
    return str(inserted.compile(dialect=sqlite.dialect()))


_INSERT = {name: _statement(schema.metadata.tables[name]) for name in _ORDER}


def _purge(table: Table) -> str:
    key = ", ".join(column.name for column in table.primary_key)
    some = f"SELECT {key} FROM {table.name} WHERE study = ? LIMIT {_PURGED_AT_ONCE}"
    return f"DELETE FROM {table.name} WHERE ({key}) IN ({some})"


_PURGE = {table.name: _purge(table) for table in schema.OF_A_STUDY}


_GROW = "UPDATE studies SET bytes = bytes + ?, revision = revision + 1 WHERE id = ?"
_ONCE_MORE = {"revision": schema.studies.c.revision + 1}


# Faults of the rows, not of the database.
_FAULTS = (
    IntegrityError,
    DataError,
    InterfaceError,
    ProgrammingError,
    OverflowError,
    TypeError,
    ValueError,
)


class SqliteWriter:
    """Writes groups of batches; used by one thread at a time.

    Parameters
    ----------
    path : Path
        The database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine: Engine = writing(path)

    def write(self, batches: Sequence[Batch]) -> dict[int, Exception]:
        """Commit the batches in one transaction.

        Where one of them breaks a rule of the tables, each study's batches are tried in a
        transaction of their own, so that a study with a fault does not stop the others.

        Returns
        -------
        dict of int to Exception
            The studies of which nothing was written; empty if all went well.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            If the database cannot be written at all; nothing was.
        """
        try:
            self._transact(batches)
            return {}
        except _FAULTS:
            refused: dict[int, Exception] = {}
            for study in dict.fromkeys(batch.study for batch in batches):
                try:
                    self._transact([batch for batch in batches if batch.study == study])
                except _FAULTS as error:
                    refused[study] = error
            return refused

    def _transact(self, batches: Sequence[Batch]) -> None:
        try:
            with self.begin() as connection:
                for name in _ORDER:
                    rows: list[Row] = []
                    for batch in batches:
                        rows += getattr(batch, name)
                    if rows:
                        connection.exec_driver_sql(_INSERT[name], rows)
                _mark(connection, batches)
        except _FAULTS:
            raise
        except Exception:
            # After an I/O error or a full disk, start over from what is on the disk.
            self._engine.dispose()
            self._engine = writing(self._path)
            raise

    def begin(self) -> AbstractContextManager[Connection]:
        """Begin a transaction; leaving the context commits it."""
        return self._engine.begin()

    def put_study(self, values: dict[str, Any], *, adopt: bool = False) -> StudyRow | None:
        """Write a study, or the settings of one without values; None while it is being purged.

        A closed study whose rows are all there is open again. With ``adopt`` a new one takes over
        the rows of a backup that await it.
        """
        uid, studies, values_of = values["uid"], schema.studies, schema.observations
        with self.begin() as connection:
            of_uid = studies.c.uid == uid
            back = update(studies).where(of_uid, studies.c.purged_at.is_(None))
            connection.execute(back.values(closed_at=None, closed_proof=None, **_ONCE_MORE))
            found = ask.find_study(connection, uid)
            if found is None:
                if connection.scalar(select(studies.c.id).where(of_uid)) is None and not (
                    adopt and adopted(connection, values)
                ):
                    connection.execute(insert(studies).values(**values))
                return ask.find_study(connection, uid)
            of_study = values_of.c.study == found.id
            if connection.scalar(select(values_of.c.seq).where(of_study).limit(1)) is None:
                connection.execute(
                    update(studies)
                    .where(studies.c.id == found.id)
                    .values(settings=values["settings"], version=values["version"], **_ONCE_MORE)
                )
            return ask.find_study(connection, uid)

    def close_study(self, uid: str, at: float, proof: str) -> int | None:
        """Mark a study closed; return its number, None where there is none."""
        with self.begin() as connection:
            of_uid = schema.studies.c.uid == uid
            connection.execute(
                update(schema.studies)
                .where(of_uid, schema.studies.c.closed_at.is_(None))
                .values(closed_at=at, closed_proof=proof, **_ONCE_MORE)
            )
            return connection.scalar(select(schema.studies.c.id).where(of_uid))

    def begin_removal(self, study: int, closed_until: float, at: float) -> bool:
        """Begin to purge a study if it is still closed since that time; it cannot come back then.

        Returns
        -------
        bool
            Whether its rows are to go.
        """
        table = schema.studies
        with self.begin() as connection:
            due = (table.c.closed_at <= closed_until) & table.c.purged_at.is_(None)
            connection.execute(update(table).where(table.c.id == study, due).values(purged_at=at))
            begun = select(table.c.purged_at).where(table.c.id == study)
            return connection.scalar(begun) is not None

    def remove_some(self, study: int) -> bool:
        """Delete some rows of a study that is removed, or the study's own when none is left.

        Returns
        -------
        bool
            Whether anything is left.
        """
        with self.begin() as connection:
            for table in schema.OF_A_STUDY:
                if connection.exec_driver_sql(_PURGE[table.name], (study,)).rowcount:
                    return True
            connection.execute(delete(schema.studies).where(schema.studies.c.id == study))
            return False

    def let_it_shrink(self) -> None:
        """See that `shrink` can do something, for a database that an earlier version made."""
        let_it_shrink(self._engine, self._path)

    def shrink(self) -> bool:
        """Give some of the file's free pages back to the disk; return whether there are more."""
        return give_back_some(self._engine)

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()


def _mark(connection: Connection, batches: Sequence[Batch]) -> None:
    """Write what batches say of their studies and how much they take of the disk.

    Of several summaries of one study the last one stands.
    """
    studies = schema.studies
    grown: dict[int, int] = {}
    for batch in batches:
        grown[batch.study] = grown.get(batch.study, 0) + batch.bytes
    connection.exec_driver_sql(_GROW, [(count, study) for study, count in grown.items()])
    for batch in batches:
        if batch.sampled:
            fewer = studies.c.sampled < batch.sampled
            connection.execute(
                update(studies)
                .where(studies.c.id == batch.study, fewer)
                .values(sampled=batch.sampled)
            )
    rests = {each.study: each.summary for each in batches if each.stirs or each.summary}
    for study, summary in rests.items():
        connection.execute(update(studies).where(studies.c.id == study).values(summary=summary))
