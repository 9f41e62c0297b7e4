"""Where the store lies, out of its URL, and the promise that only one process writes there."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from espalier.errors import RetryLater, UsageError

_EXAMPLE = "sqlite:////var/lib/espalier/espalier.db"


def path_of(url: str) -> Path:
    """Return the file that a store's URL names.

    Raises
    ------
    UsageError
        If the URL cannot be read, or names a database that is not supported.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UsageError(
            "--store", f"expected a URL such as {_EXAMPLE}; came {url!r}; correct it"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        raise UsageError(
            "--store",
            "PostgreSQL is not supported yet: the tables are made for it, but nothing has been "
            f"tested on it; use {_EXAMPLE}",
        )
    if backend != "sqlite":
        raise UsageError("--store", f"expected sqlite; came {backend}; use {_EXAMPLE}")
    if not parsed.database or parsed.database == ":memory:":
        raise UsageError(
            "--store", f"expected a file that outlives the process; came {url!r}; use {_EXAMPLE}"
        )
    return Path(parsed.database).absolute()


class SoleWriter:
    """A lock file beside the database, held as long as this process writes to it.

    The volume's access mode keeps other pods away; this keeps a second process of the same pod,
    or of a developer's machine, from judging studies that the first one judges.

    Raises
    ------
    RetryLater
        If another process holds the lock.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise RetryLater(
                f"another process writes to {database}; stop it, one operator a store", after=2
            ) from error

    def release(self) -> None:
        """Let another process write."""
        os.close(self._file)
