"""A copy of a store while an operator writes to it, and the way back."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select, update
from sqlalchemy.exc import DatabaseError

from espalier.errors import UsageError
from espalier.store import schema
from espalier.store.connections import check, reading, writing
from espalier.store.filesystem import refuse_network
from espalier.store.location import path_of
from espalier.store.migrate import current, migrate

_LOG = logging.getLogger(__name__)
AWAITED = "restored from a backup, awaits a Study of its name"
"""Proof of closure of rows that the next Study of their namespace and name takes over."""
_AWAITED_FOR = 30 * 24 * 3600.0
"""Seconds that such rows wait for their Study."""
_NONE = "expected a store, or what `espalier backup` made of one"
_WHOLE_FILE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds of one study."""

    namespace: str
    """The study's."""
    name: str
    """The study's."""
    trials: int
    """How many it has."""
    values: int
    """How many values they reported."""


def back_up(url: str, target: Path) -> None:
    """Write one state of a store into a file; an operator may go on writing to the store.

    Raises
    ------
    UsageError
        If there is no such store, the target exists, or its volume has no room.
    """
    path = path_of(url)
    if not path.is_file():
        raise UsageError("--store", f"there is no file {path}; give the URL of a store")
    with path.open("rb") as file:
        _check_kind(file, "--store")
    needed, free = path.stat().st_size, shutil.disk_usage(target.parent).free
    if free < needed:
        raise UsageError(
            "--to",
            f"expected {needed >> 20} MiB free in {target.parent} for a copy, there are "
            f"{free >> 20}; give another place, or enlarge the volume",
        )
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise UsageError("--to", f"{target} exists already; give another name") from error
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
            # An empty file is taken for a new one.
            connection.execute("VACUUM INTO ?", (str(target),))
        _flush(target)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise UsageError("--store", f"{path} cannot be copied: {error}; is it sound?") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def backed_up(url: str) -> Iterator[BinaryIO]:
    """Give one state of a store to be read, out of a copy beside it that is removed again."""
    path = path_of(url)
    copy = path.with_name(f".{path.name}.backup-{os.getpid()}")
    back_up(url, copy)
    try:
        with copy.open("rb") as file:
            yield file
    finally:
        copy.unlink(missing_ok=True)


def stage(
    source: BinaryIO, url: str, *, new_uids: bool, now: float | None = None
) -> list[Contents]:
    """Lay a backup beside a store; the operator takes it up instead, at its next start.

    Parameters
    ----------
    source : file
        The backup.
    url : str
        The store's URL.
    new_uids : bool
        Whether the Studies of the cluster are other objects than those of the backup: each takes
        over the rows of its namespace and name, if it has not started.
    now : float, optional
        Seconds since the epoch.

    Raises
    ------
    UsageError
        If it is no backup that this version can read.
    """
    path = path_of(url)
    if not path.parent.is_dir():
        raise UsageError("--store", f"expected a directory at {path.parent}, got none; make it")
    refuse_network(path.parent)
    part = path.with_name(f"{path.name}.restore-part")
    _remove(part)
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        found = _made_ready(part, new_uids, time.time() if now is None else now)
        _flush(part)
        part.replace(staged(path))
        _flush(path.parent)
    except BaseException:
        _remove(part)
        raise
    return found


def staged(path: Path) -> Path:
    """Return where a backup lies that is to be taken up."""
    return path.with_name(f"{path.name}.restore")


def take_up(path: Path) -> bool:
    """Put a backup that was laid beside the store in its place; the store stays as ``.replaced``.

    Whoever calls it holds the store's lock. What is cut off half way is finished at the next call.
    """
    for left in path.parent.glob(f".{path.name}.backup-*"):
        left.unlink(missing_ok=True)
    if not staged(path).exists():
        return False
    aside = path.with_name(f"{path.name}.replaced")
    if path.exists():
        _remove(aside)
    for suffix in _WHOLE_FILE:
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.replace(aside.with_name(aside.name + suffix))
    staged(path).replace(path)
    _flush(path.parent)
    _LOG.warning("store: a backup is taken up; what was there before stays as %s", aside)
    return True


def _made_ready(part: Path, new_uids: bool, now: float) -> list[Contents]:
    """Check a backup and bring it to this version's schema; return what it holds."""
    with part.open("rb") as file:
        _check_kind(file, "--from")
    engine = reading(part)
    try:
        check(engine, part)
    except UsageError as error:
        raise UsageError("--from", "the backup is damaged or cut short; give another") from error
    finally:
        engine.dispose()
    engine = writing(part)
    try:
        with engine.begin() as connection:
            if current(connection) is None:
                raise UsageError("--from", f"{_NONE}; it is another program's database")
            migrate(connection)
            if new_uids:
                waiting = update(schema.studies).where(schema.studies.c.closed_at.is_(None))
                until = now + _AWAITED_FOR
                connection.execute(waiting.values(closed_at=until, closed_proof=AWAITED))
            studies, values, ends = schema.studies, schema.observations, schema.ends
            kept = studies.c.closed_at.is_(None) | (studies.c.closed_proof == AWAITED)
            found = [
                Contents(
                    row.namespace,
                    row.name,
                    connection.scalar(select(func.count()).where(ends.c.study == row.id)) or 0,
                    connection.scalar(select(func.count()).where(values.c.study == row.id)) or 0,
                )
                for row in connection.execute(select(studies).where(kept).order_by(studies.c.id))
            ]
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode=DELETE")  # all of it in one file again
        raw.close()
    except DatabaseError as error:
        raise UsageError(
            "--from", f"the backup cannot be read: {error.orig}; give another"
        ) from error
    finally:
        engine.dispose()
    return found


def _check_kind(file: BinaryIO, field: str) -> None:
    if file.read(16) != b"SQLite format 3\0":
        raise UsageError(field, f"{_NONE}; it is no SQLite database")


def _remove(path: Path) -> None:
    for suffix in _WHOLE_FILE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
