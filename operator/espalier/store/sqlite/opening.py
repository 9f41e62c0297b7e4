"""Open a store: is it in a safe place, alone, sound, and of this schema?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from espalier.errors import RetryLater, UsageError
from espalier.store.group_commit import StoreObserver
from espalier.store.migrate import migrate
from espalier.store.sqlite.backup import take_up
from espalier.store.sqlite.connections import check, reading
from espalier.store.sqlite.filesystem import refuse_network
from espalier.store.sqlite.location import SoleWriter, path_of
from espalier.store.sqlite.sqlite_database import SqliteDatabase
from espalier.store.sqlite.writer import SqliteWriter
from espalier.store.store import KEEP_CLOSED, Store

_LOG = logging.getLogger(__name__)


async def open_store(
    url: str,
    observe: StoreObserver | None = None,
    *,
    keep_closed: float = KEEP_CLOSED,
    clock: Callable[[], float] | None = None,
) -> Store:
    """Open a store, after checking and migrating it.

    Parameters
    ----------
    url : str
        ``sqlite:////absolute/path``; the directory must exist.
    observe : StoreObserver, optional
        Told of each commit.
    keep_closed : float
        Seconds that the rows of a closed study stay; 0 has them deleted at once.
    clock : callable, optional
        Seconds since the epoch that never jump.

    Raises
    ------
    UsageError
        If the URL, the file system or the file will not do; the message says what to change.
    RetryLater
        If another process writes to the store, or the disk does not answer.
    """
    path = path_of(url)
    lock, writer = await asyncio.to_thread(_prepare, path)
    return Store(SqliteDatabase(path, writer, lock), observe, keep_closed, clock)


def _prepare(path: Path) -> tuple[SoleWriter, SqliteWriter]:
    if not path.parent.is_dir():
        raise UsageError(
            "--store",
            f"expected a directory at {path.parent}, there is none; mount the volume there",
        )
    refuse_network(path.parent)
    try:
        lock = SoleWriter(path)
    except OSError as error:
        raise _away(path, error) from error
    try:
        take_up(path)
        return lock, _checked(path)
    except (SQLAlchemyError, OSError) as error:
        lock.release()
        raise _away(path, error) from error
    except BaseException:
        lock.release()
        raise


def _checked(path: Path) -> SqliteWriter:
    if path.exists():
        engine = reading(path)
        check(engine, path)
        engine.dispose()
    writer = SqliteWriter(path)
    with writer.begin() as connection:
        migrate(connection)
    writer.let_it_shrink()
    _LOG.info("store: %s is open", path)
    return writer


def _away(path: Path, error: Exception) -> RetryLater:
    return RetryLater(
        f"the store at {path} cannot be opened: {error}; see that the volume is mounted, writable "
        "by this user and not full",
        after=5,
    )
