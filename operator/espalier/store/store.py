"""The store as the operator sees it: asynchronous, one writer, readers beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from espalier.api.judging import JudgeSettings
from espalier.errors import RetryLater
from espalier.planning.world.record import MadeTrial
from espalier.pruning import Decision
from espalier.steady_clock import SteadyClock
from espalier.store import reading as ask
from espalier.store.batch import Batch
from espalier.store.database import Database
from espalier.store.group_commit import GroupCommit, StoreObserver
from espalier.store.rest import Rest
from espalier.store.retention import Retention
from espalier.study_log.log import (
    Arrived,
    Head,
    Log,
    StoredDecision,
    StoredEarlier,
    StoredProposal,
    StoredSpec,
    StudyRow,
)

_T = TypeVar("_T")
KEEP_CLOSED = 168 * 3600.0
"""Seconds that the rows of a closed study stay."""


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
        self,
        database: Database,
        observe: StoreObserver | None = None,
        keep_closed: float = KEEP_CLOSED,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._database = database
        self._writer = database.writer
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="store-read")
        self._reader = database.reader()
        self._group = GroupCommit(
            database.writer.write, self._write_thread, observe or Unobserved()
        )
        self._retention = Retention(
            database.writer,
            lambda work: self._run(self._write_thread, work),
            lambda until: self._read(lambda connection: ask.due_for_removal(connection, until)),
            lambda: self._read(database.spare),
            keep_closed,
            clock or SteadyClock(),
        )
        self._purging = asyncio.get_running_loop().create_task(self._retention.run())
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
        settings: JudgeSettings,
        *,
        at: float,
        version: str,
        adopt: bool = False,
    ) -> StudyRow:
        """Return the study with this uid; the first call writes it, and a closed one is open again.

        Later calls change its settings while it has no values, and nothing else. With ``adopt``
        the first call may find the rows of a backup, see `espalier.store.adoption`.

        Raises
        ------
        RetryLater
            If the rows of a study of this name are still being purged.
        """
        found = await self.study(uid)
        if found is not None and found.settings == settings:
            return found
        values = {"uid": uid, "namespace": namespace, "name": name, "opened_at": at}
        values |= {"settings": json.dumps(settings.to_dict()), "version": version}
        found = await self._run(
            self._write_thread, lambda: self._writer.put_study(values, adopt=adopt)
        )
        if found is None:
            raise RetryLater(f"the rows of study {namespace}/{name} are being deleted", after=5)
        return found

    async def close_study(self, uid: str, *, at: float, proof: str) -> None:
        """Close a study: no reader sees it from now on, and its rows go after the retention time.

        Parameters
        ----------
        uid : str
            The Study's; opening it again before its rows go brings them back.
        at : float
            Seconds since the epoch.
        proof : str
            What showed that the Study is gone.
        """
        study = await self._run(
            self._write_thread, lambda: self._writer.close_study(uid, at, proof)
        )
        if study is not None:
            self._group.forget(study)
            self._retention.look()

    async def purge(self) -> int:
        """Delete the rows of all studies whose retention time is over; return of how many.

        It is done every minute by itself.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        return await self._retention.once()

    # -- reading ----------------------------------------------------------------------------

    async def studies(self) -> list[StudyRow]:
        """Return the studies that are not closed."""
        return await self._read(ask.all_studies)

    async def bytes_of_namespaces(self) -> dict[str, int]:
        """Return what the rows of each namespace's studies take on the disk, about."""
        return await self._read(ask.bytes_of_namespaces)

    def volume(self) -> int:
        """Return the bytes of the volume that the store is on."""
        return self._database.volume()

    async def running(self) -> list[StudyRow]:
        """Return the studies of which a trial began and has not ended."""
        return await self._read(ask.running_studies)

    async def rest(self, study: StudyRow) -> Rest | None:
        """Return what all trials of a study came to; None if not all have ended."""
        return await self._read(lambda connection: self._database.rest_of(connection, study.id))

    async def made(self, study: StudyRow) -> dict[int, MadeTrial]:
        """Return what the trials of a study were made as, by number."""
        return await self._read(lambda connection: ask.made_of(connection, study.id))

    async def proposals(self, study: StudyRow) -> list[StoredProposal]:
        """Return what the trials of a study were to run, in the order of the log."""
        return await self._read(lambda connection: ask.proposals_of(connection, study.id))

    async def earlier(self, study: StudyRow) -> StoredEarlier | None:
        """Return what a study has taken over from earlier ones; None where it has not."""
        return await self._read(lambda connection: ask.earlier_of(connection, study.id))

    async def study(self, uid: str) -> StudyRow | None:
        """Return the study with this uid; None where there is none, or it is closed."""
        return await self._read(lambda connection: ask.find_study(connection, uid))

    async def named(self, namespace: str, name: str, besides: str = "") -> StudyRow | None:
        """Return the newest study of this name, one that was deleted where no other is there.

        Parameters
        ----------
        besides : str
            Uid of one that is not meant.
        """
        return await self._read(
            lambda connection: ask.named_study(connection, namespace, name, besides)
        )

    async def specs(self, study: StudyRow) -> tuple[StoredSpec, ...]:
        """Return what a Study said: for each of its pod templates the last spec, newest last."""
        return await self._read(lambda connection: ask.specs_of(connection, study.id))

    async def length(self, study: StudyRow) -> int:
        """Return how long a study's log is, as far as values go."""
        return await self._read(lambda connection: ask.last_seq(connection, study.id))

    async def head(self, study: StudyRow) -> Head:
        """Return what is stored of a study beside its values and decisions."""
        return await self._read(lambda connection: ask.head_of(connection, study.id))

    async def arrivals(self, study: StudyRow) -> AsyncIterator[list[Arrived]]:
        """Yield a study's values with what was decided on them, a page at a time.

        Nothing may be written to the study meanwhile.
        """
        seq = -1
        while page := await self._read(
            lambda connection: self._database.arrived_after(connection, study, seq)  # noqa: B023
        ):
            seq = page[-1][0]
            yield page

    async def log(self, study: StudyRow) -> Log:
        """Return all that is stored of a study, all of it in memory."""
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

    async def decisions(
        self, study: int, places: Iterable[tuple[int, int, int]]
    ) -> dict[int, Decision]:
        """Return by trial what the acting judge decided at its (trial, attempt, step)."""
        return await self._read(lambda connection: ask.decisions_at(connection, study, places))

    def size(self) -> int:
        """Return the bytes that the store takes on the disk."""
        return self._database.size()

    def free(self) -> int:
        """Return the bytes that are free of the volume that the store is on."""
        return self._database.free()

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
        self._purging.cancel()
        await asyncio.wait([self._purging])
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        self._reader.dispose()
        self._writer.close()
        self._database.release()
