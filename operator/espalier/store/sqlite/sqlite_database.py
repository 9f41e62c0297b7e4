"""A file of SQLite's as the store's database."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlalchemy import Connection, Engine

from espalier.store.rest import Rest
from espalier.store.sqlite.connections import reading
from espalier.store.sqlite.location import SoleWriter
from espalier.store.sqlite.pages import LARGEST_STEP, arrived_after
from espalier.store.sqlite.resting import rest_of
from espalier.store.sqlite.space import spare_pages
from espalier.store.sqlite.writer import SqliteWriter
from espalier.study_log.log import Arrived, StudyRow

_WHOLE = ("", "-wal", "-shm")
"""What the file's name ends with, and those of the files beside it that belong to it."""


class SqliteDatabase:
    """A file that this process alone writes to; see `espalier.store.database.Database`.

    Parameters
    ----------
    path : Path
        The file, of this version's schema.
    writer : SqliteWriter
        What writes to it.
    lock : SoleWriter
        The promise that nobody else does.
    """

    def __init__(self, path: Path, writer: SqliteWriter, lock: SoleWriter) -> None:
        self._path = path
        self._lock = lock
        self.writer = writer

    def reader(self) -> Engine:
        """Return an engine with one connection, for one thread, that never writes."""
        return reading(self._path, pooled=True)

    def arrived_after(self, connection: Connection, study: StudyRow, seq: int) -> list[Arrived]:
        """Return the next page of a study's values."""
        terms = study.terms
        last = terms.within(LARGEST_STEP) if terms.clamps else LARGEST_STEP
        return arrived_after(connection, study.id, seq, last)

    def rest_of(self, connection: Connection, study: int) -> Rest | None:
        """Return what is stored of a study at rest; None if it is not."""
        return rest_of(connection, study)

    def spare(self, connection: Connection) -> int:
        """Return how many pages of the file can be given back to the disk."""
        return spare_pages(connection)

    def size(self) -> int:
        """Return the bytes that it takes on the disk, its write-ahead log included."""
        total = 0
        for suffix in _WHOLE:
            try:
                total += self._path.with_name(self._path.name + suffix).stat().st_size
            except FileNotFoundError:
                continue
        return total

    def free(self) -> int:
        """Return the bytes that are free of the volume that it is on."""
        return shutil.disk_usage(self._path.parent).free

    def volume(self) -> int:
        """Return the bytes of the volume that it is on."""
        found = os.statvfs(self._path.parent)
        return found.f_blocks * found.f_frsize

    def release(self) -> None:
        """Let another process write."""
        self._lock.release()
