"""Space that deleted rows leave in the file, given back to the disk."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

_LOG = logging.getLogger(__name__)
_INCREMENTAL = 2
_PAGES_AT_ONCE = 1000
_SLACK = 16 * 2**20


def spare_pages(connection: Connection) -> int:
    """Return how many pages of the file are free and can be given back."""
    if _number(connection, "PRAGMA auto_vacuum") != _INCREMENTAL:
        return 0
    return _number(connection, "PRAGMA freelist_count")


def give_back_some(engine: Engine) -> bool:
    """Give some free pages back to the disk; return whether there are more.

    The file itself becomes smaller when SQLite next copies its write-ahead log into it, which is
    asked for when no free page is left.
    """
    with engine.begin() as connection:
        free = spare_pages(connection)
    if free:
        _outside(engine, f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
    if free > _PAGES_AT_ONCE:
        return True
    if free:
        _outside(engine, "PRAGMA wal_checkpoint(PASSIVE)")
    return False


def let_it_shrink(engine: Engine, path: Path) -> None:
    """Bring a database that cannot give space back to the form that can; once, if there is room.

    It is written anew as a whole, which takes room for two more of it. Where there is none, or
    it fails, the database stays as it is, and the log says what to do.
    """
    with engine.connect() as connection:
        if _number(connection, "PRAGMA auto_vacuum") == _INCREMENTAL:
            return
    size = path.stat().st_size
    needed = 2 * size + _SLACK
    lacking = [place for place in (path.parent, _temporary()) if _free(place) < needed]
    if lacking:
        _LOG.warning("store: %s", _remedy(path, needed, f"{lacking[0]} has less than that"))
        return
    _LOG.info("store: writing %s anew, so that it can give space back", path)
    try:
        _outside(engine, "PRAGMA auto_vacuum=INCREMENTAL", "VACUUM")
    except SQLAlchemyError as error:
        _LOG.warning("store: %s", _remedy(path, needed, str(getattr(error, "orig", error))))


def _remedy(path: Path, needed: int, why: str) -> str:
    return (
        f"{path} was made by an earlier version and keeps the space of deleted rows to itself. To "
        f"be written anew it needs {needed >> 20} MiB free on its volume and in SQLITE_TMPDIR "
        f"({why}); it is tried again at the next start"
    )


def _temporary() -> Path:
    return Path(os.environ.get("SQLITE_TMPDIR") or tempfile.gettempdir())


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _number(connection: Connection, pragma: str) -> int:
    return int(connection.exec_driver_sql(pragma).scalar() or 0)


def _outside(engine: Engine, *statements: str) -> None:
    """Run statements that SQLite takes outside a transaction only."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        for statement in statements:
            try:
                # A script is carried out to its end; of a statement that has rows without columns,
                # as the vacuum has, the driver would take one.
                cursor.executescript(statement)
            except engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
                raise SQLAlchemyError(str(error)) from error
    finally:
        connection.close()
