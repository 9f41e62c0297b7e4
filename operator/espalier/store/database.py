"""What a store asks of the database that it lies in; `espalier.store.sqlite` is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from espalier.store.batch import Batch
from espalier.store.rest import Rest
from espalier.study_log.log import Arrived, StudyRow


class Writer(Protocol):
    """Writes, in one thread; each call is one transaction, or none at all."""

    def write(self, batches: Sequence[Batch]) -> dict[int, Exception]:
        """Commit batches; return the studies of which nothing was written, and why."""

    def put_study(self, values: dict[str, Any], *, adopt: bool = False) -> StudyRow | None:
        """Write a study, or the settings of one without values; None while it is removed."""

    def close_study(self, uid: str, at: float, proof: str) -> int | None:
        """Mark a study closed; return its number, None where there is none."""

    def begin_removal(self, study: int, closed_until: float, at: float) -> bool:
        """Begin to remove a study that is still closed since that time; whether it is to go."""

    def remove_some(self, study: int) -> bool:
        """Delete some rows of a study that is removed; whether any are left."""

    def shrink(self) -> bool:
        """Give some free space back to the disk; whether there is more."""

    def close(self) -> None:
        """Close the connection."""


class Database(Protocol):
    """A database that this process alone writes to, until it is released."""

    @property
    def writer(self) -> Writer:
        """What writes to it."""

    def reader(self) -> Engine:
        """Return an engine with one connection, for one thread, that never writes."""

    def arrived_after(self, connection: Connection, study: StudyRow, seq: int) -> list[Arrived]:
        """Return the next page of a study's values, by an index."""

    def rest_of(self, connection: Connection, study: int) -> Rest | None:
        """Return what is stored of a study at rest; None if it is not."""

    def spare(self, connection: Connection) -> int:
        """Return how much can be given back to the disk by `Writer.shrink`; 0: nothing."""

    def size(self) -> int:
        """Return the bytes that it takes on the disk."""

    def free(self) -> int:
        """Return the bytes that are free where it lies."""

    def volume(self) -> int:
        """Return the bytes of what it lies on."""

    def release(self) -> None:
        """Let another process write."""
