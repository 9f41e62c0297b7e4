"""How SQLite is set up, so that a commit that returned is on the disk."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool, StaticPool

from espalier.errors import UsageError

_LOG = logging.getLogger(__name__)
BUSY_TIMEOUT_SECONDS = 5.0


def writing(path: Path) -> Engine:
    """Return an engine with one connection whose transactions are durable once committed."""
    return _engine(path, begin="BEGIN IMMEDIATE", pooled=True)


def reading(path: Path, *, pooled: bool = False) -> Engine:
    """Return an engine whose transactions see one state of the database and never write.

    Parameters
    ----------
    path : Path
        The database.
    pooled : bool
        Keep one connection, with the pages that it has read; one thread at a time may use it.
    """
    return _engine(path, begin="BEGIN", pooled=pooled, read_only=True)


def _engine(path: Path, *, begin: str, pooled: bool, read_only: bool = False) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool if pooled else NullPool,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    def connected(connection: Any, _record: object) -> None:
        # The driver's own, implicit BEGIN is switched off: ours says which kind.
        connection.isolation_level = None
        if read_only:
            connection.execute("PRAGMA query_only=ON")
            # A log's values lie by trial and are read by arrival: each trial's newest page is
            # wanted again and again.
            connection.execute("PRAGMA cache_size=-16384")
        else:
            # Says something only before the first table is made; see `space`.
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA journal_mode=WAL")
            # NORMAL would lose the last commits at a power cut; we have promised them by a 2xx.
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA journal_size_limit=67108864")

    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def check(engine: Engine, path: Path) -> None:
    """Run SQLite's quick check.

    Raises
    ------
    UsageError
        If the file is damaged or no database, with what to do about it.
    """
    try:
        with engine.connect() as connection:
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(3)")]
    except DatabaseError as error:
        if "locked" in str(error) or "unable to open" in str(error):
            raise
        found = [str(error.orig)]
    if found != ["ok"]:
        damage = " ".join(" ".join(found).split())
        raise UsageError(
            "--store",
            f"{path} is damaged ({damage[:300]}); restore a backup, or move it aside: studies "
            "then start anew",
        )
    _LOG.info("store: %s is sound", path)
