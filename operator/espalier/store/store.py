"""The store as the operator sees it: asynchronous, one writer, readers beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from espalier.errors import RetryLater
from espalier.store import reading as ask
from espalier.store.connections import reading
from espalier.store.group_commit import GroupCommit, StoreObserver
from espalier.store.location import SoleWriter
from espalier.store.rows import Batch, Log, StoredDecision, StudyRow
from espalier.store.writer import Writer

_T = TypeVar("_T")
_PURGE_PAUSE = 5.0


class Unobserved:
    """Counts nothing."""

    def store_committed(self, seconds: float, rows: int) -> None:
        """Count nothing."""

    def store_failed(self) -> None:
        """Count nothing."""


class Store:
    """Observations, decisions and ends, durable once `commit` is done.

    `espalier.store.open_store` makes one; all methods belong to the event loop that called it.
    """

    def __init__(
        self, path: Path, writer: Writer, lock: SoleWriter, observe: StoreObserver | None = None
    ) -> None:
        self._path = path
        self._writer = writer
        self._lock = lock
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="store-read")
        self._reader = reading(path)
        self._group = GroupCommit(writer.write, self._write_thread, observe or Unobserved())
        self._undertaker: asyncio.Task[None] | None = None
        self._closed = False

    # -- writing ----------------------------------------------------------------------------

    def commit(self, batch: Batch) -> asyncio.Future[None]:
        """Make a batch durable together with all that waits; the future is done when it is.

        Batches are committed in the order of the calls. When one fails, all later ones of its
        study that wait fail with it, and `failures` has grown before any other code runs.

        Raises
        ------
        RetryLater
            From the call or out of the future: nothing of the batch was written.
        """
        return self._group.commit(batch)

    def ready(self) -> None:
        """Raise `RetryLater` if `commit` would now."""
        self._group.ready()

    def failures(self, study: int) -> int:
        """Return how often commits of this study failed: what was judged since is not stored."""
        return self._group.failures(study)

    @property
    def available(self) -> bool:
        """Whether the last commit succeeded."""
        return self._group.available

    async def open_study(
        self,
        uid: str,
        namespace: str,
        name: str,
        settings: dict[str, Any],
        *,
        at: float,
        version: str,
    ) -> StudyRow:
        """Return the study with this uid; the first call writes it.

        Later calls change its settings while it has no values, and nothing else.
        """
        found = await self._read(lambda connection: ask.find_study(connection, uid))
        if found is not None and found.settings == settings:
            return found
        values = {"uid": uid, "namespace": namespace, "name": name, "opened_at": at}
        values |= {"settings": json.dumps(settings), "version": version}
        found = await self._run(self._write_thread, lambda: self._writer.put_study(values))
        if found is None:
            raise RetryLater(f"study {namespace}/{name} is being deleted", after=5)
        return found

    async def delete_study(self, uid: str, *, at: float) -> None:
        """Delete a study: at once for every reader, its rows little by little."""
        study = await self._run(self._write_thread, lambda: self._writer.bury(uid, at))
        if study is not None:
            self._group.forget(study)
            self.purge_in_background()

    def purge_in_background(self) -> None:
        """Start to delete the rows of studies that are marked deleted."""
        if self._undertaker is None or self._undertaker.done():
            self._undertaker = asyncio.get_running_loop().create_task(self._purge())

    async def _purge(self) -> None:
        while True:
            try:
                for study in (graves := await self._read(ask.buried)):
                    while await self._run(self._write_thread, lambda: self._writer.purge(study)):  # noqa: B023
                        pass
                if not graves:
                    return
            except RetryLater:
                await asyncio.sleep(_PURGE_PAUSE)

    # -- reading ----------------------------------------------------------------------------

    async def studies(self) -> list[StudyRow]:
        """Return the studies that are not deleted."""
        return await self._read(ask.all_studies)

    async def log(self, study: StudyRow) -> Log:
        """Return all that is stored of a study."""
        return await self._read(lambda connection: ask.log_of(connection, study))

    async def attempts(self, study: int, trial: int) -> dict[str, int]:
        """Return which attempt each pod of a trial is."""
        return await self._read(lambda connection: ask.attempt_numbers(connection, study, trial))

    async def known(
        self, study: int, trial: int, attempt: int, keys: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], float]:
        """Return by metric and step those values of an attempt that are stored."""
        asked = list(keys)
        return await self._read(
            lambda connection: ask.known_values(connection, study, trial, attempt, asked)
        )

    async def decision(
        self, study: int, trial: int, attempt: int, step: int
    ) -> StoredDecision | None:
        """Return what the acting judge decided at a step."""
        return await self._read(
            lambda connection: ask.decision_at(connection, study, trial, attempt, step)
        )

    def size(self) -> int:
        """Return the bytes that the store takes on the disk, its write-ahead log included."""
        total = 0
        for suffix in ("", "-wal", "-shm"):
            try:
                total += self._path.with_name(self._path.name + suffix).stat().st_size
            except FileNotFoundError:
                continue
        return total

    async def _read(self, question: Callable[[Connection], _T]) -> _T:
        def answer() -> _T:
            with self._reader.begin() as connection:
                return question(connection)

        return await self._run(self._read_thread, answer)

    async def _run(self, thread: Executor, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise RetryLater(f"the store does not answer: {cause}", after=1) from error

    # -- end --------------------------------------------------------------------------------

    async def close(self) -> None:
        """Commit what waits, then close; later commits raise `RetryLater`."""
        if self._closed:
            return
        self._closed = True
        await self._group.close()
        if self._undertaker is not None:
            self._undertaker.cancel()
            await asyncio.wait([self._undertaker])
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        self._reader.dispose()
        self._writer.close()
        self._lock.release()
