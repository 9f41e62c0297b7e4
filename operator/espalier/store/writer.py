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
from espalier.store.connections import writing
from espalier.store.rows import Batch, Row, StudyRow

_ORDER = ("attempts", "rules", "observations", "decisions", "ends")


def _statement(table: Table) -> str:
    # Compiled once: building the statement anew costs more than running it.
    return str(insert(table).compile(dialect=sqlite.dialect()))


_INSERT = {name: _statement(schema.metadata.tables[name]) for name in _ORDER}


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


class Writer:
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

    def put_study(self, values: dict[str, Any]) -> StudyRow | None:
        """Write a study, or the settings of one without values; None if it is being deleted."""
        uid, studies, values_of = values["uid"], schema.studies, schema.observations
        with self.begin() as connection:
            found = ask.find_study(connection, uid)
            if found is None:
                if connection.scalar(select(studies.c.id).where(studies.c.uid == uid)) is None:
                    connection.execute(insert(studies).values(**values))
                return ask.find_study(connection, uid)
            of_study = values_of.c.study == found.id
            if connection.scalar(select(values_of.c.seq).where(of_study).limit(1)) is None:
                connection.execute(
                    update(studies)
                    .where(studies.c.id == found.id)
                    .values(settings=values["settings"], version=values["version"])
                )
            return ask.find_study(connection, uid)

    def bury(self, uid: str, at: float) -> int | None:
        """Mark a study deleted; return its number, None where there is none."""
        with self.begin() as connection:
            of_uid = schema.studies.c.uid == uid
            connection.execute(
                update(schema.studies)
                .where(of_uid, schema.studies.c.deleted_at.is_(None))
                .values(deleted_at=at)
            )
            return connection.scalar(select(schema.studies.c.id).where(of_uid))

    def purge(self, study: int) -> bool:
        """Delete one trial's rows of a study marked deleted, or the study's own when none is left.

        Returns
        -------
        bool
            Whether anything is left. One trial at a time keeps each transaction short, so that
            commits of running studies need not wait.
        """
        with self.begin() as connection:
            for table in schema.OF_A_STUDY:
                of_study = table.c.study == study
                if "trial" not in table.c:
                    connection.execute(delete(table).where(of_study))
                    continue
                trial = connection.scalar(select(table.c.trial).where(of_study).limit(1))
                if trial is not None:
                    connection.execute(delete(table).where(of_study, table.c.trial == trial))
                    return True
            connection.execute(delete(schema.studies).where(schema.studies.c.id == study))
            return False

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()
