"""Batches that arrive while a transaction is being made durable are the next transaction.

The slower the disk, the larger the groups; no timer is needed. (Group commit: DeWitt et al.,
"Implementation techniques for main memory database systems", SIGMOD 1984, section 5.)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol

from espalier.errors import RetryLater
from espalier.store.batch import Batch

_LOG = logging.getLogger(__name__)
_GROUP = 1024
_WAITING = 16_384
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
_Item = tuple[Batch, asyncio.Future[None]]


class StoreObserver(Protocol):
    """What the store tells about itself; see `espalier.metrics`."""

    def store_committed(self, seconds: float, rows: int) -> None:
        """A commit wrote `rows` rows."""

    def store_failed(self) -> None:
        """A commit failed."""


class GroupCommit:
    """Commits batches in the order in which they came, many in one transaction.

    Parameters
    ----------
    write : callable
        Writes batches in one transaction and returns the studies that it refused; raises if
        nothing could be written.
    thread : Executor
        Where `write` runs; one thread.
    observe : StoreObserver
        Told of each commit.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Batch]], dict[int, Exception]],
        thread: Executor,
        observe: StoreObserver,
    ) -> None:
        self._write = write
        self._thread = thread
        self._observe = observe
        self._waiting: list[_Item] = []
        self._flushing: asyncio.Task[None] | None = None
        self._failures: dict[int, int] = {}
        self._pause = 0.0
        self._resume_at = 0.0
        self._closed = False

    def commit(self, batch: Batch) -> asyncio.Future[None]:
        """Queue a batch; the future is done once it is durable.

        Raises
        ------
        RetryLater
            From the call or out of the future: nothing of the batch was written.
        """
        self.ready()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((batch, done))
        if self._flushing is None:
            self._flushing = loop.create_task(self._flush())
        return done

    def ready(self) -> None:
        """Raise `RetryLater` if nothing can be queued now."""
        if self._closed:
            raise RetryLater("the operator is shutting down; send again", after=2)
        if self._resume_at:
            left = self._resume_at - asyncio.get_running_loop().time()
            if left > 0:
                raise RetryLater("the store cannot be written; send again", after=left)
        if len(self._waiting) >= _WAITING:
            raise RetryLater("the store is behind; send again", after=1)

    def failures(self, study: int) -> int:
        """Return how often batches of a study failed."""
        return self._failures.get(study, 0)

    def forget(self, study: int) -> None:
        """Drop what is known of a deleted study."""
        self._failures.pop(study, None)

    @property
    def available(self) -> bool:
        """Whether the last commit succeeded."""
        return not self._pause

    async def close(self) -> None:
        """Commit what waits; refuse what comes."""
        self._closed = True
        if self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
                await self._commit_group(group)
        finally:
            self._flushing = None

    async def _commit_group(self, group: list[_Item]) -> None:
        batches = [batch for batch, _ in group]
        began = time.perf_counter()
        loop = asyncio.get_running_loop()
        try:
            refused = await loop.run_in_executor(self._thread, self._write, batches)
        except Exception as error:
            self._fail_all(group, error)
            return
        self._pause = self._resume_at = 0.0
        rows = sum(len(batch) for batch in batches)
        self._observe.store_committed(time.perf_counter() - began, rows)
        if refused:
            self._fail_studies(group, refused)
        for batch, done in group:
            if batch.study not in refused and not done.done():
                done.set_result(None)

    def _fail_all(self, group: list[_Item], error: Exception) -> None:
        _LOG.error("store: a commit failed and nothing of it was written: %s", _short(error))
        self._pause = min(self._pause * 2 or _FIRST_PAUSE, _LONGEST_PAUSE)
        self._resume_at = asyncio.get_running_loop().time() + self._pause
        lost, self._waiting = group + self._waiting, []
        self._give_up(lost, "the store cannot be written; send again")

    def _fail_studies(self, group: list[_Item], refused: dict[int, Exception]) -> None:
        for study, error in refused.items():
            _LOG.error("store: rows of study number %d were refused: %s", study, _short(error))
        lost = [item for item in group + self._waiting if item[0].study in refused]
        self._waiting = [item for item in self._waiting if item[0].study not in refused]
        self._give_up(lost, "the study is being read again; send again")

    def _give_up(self, lost: list[_Item], message: str) -> None:
        # The counts grow before any other code runs: whoever judged on top of a lost batch sees
        # it at his next step.
        self._observe.store_failed()
        for study in {batch.study for batch, _ in lost}:
            self._failures[study] = self.failures(study) + 1
        for _, done in lost:
            if not done.done():
                done.set_exception(RetryLater(message, after=self._pause or _FIRST_PAUSE))
                done.exception()  # Whoever asked may be gone; that is no error of ours.


def _short(error: Exception) -> str:
    # SQLAlchemy's message repeats the statement and the values; the driver's says what happened.
    return str(getattr(error, "orig", None) or error)[:300]
