"""The operator's own parts, put together as its process does, and killed as SIGKILL does."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from espalier.engine.control.queue import DirtyQueue
from espalier.engine.reports.submission import CheckedBatch, CheckedReport
from espalier.errors import RetryLater
from espalier.metrics.observer import Observer
from espalier.planning import OperatorSettings, SidecarSettings
from espalier.process.core import Core
from espalier.steady_clock import SteadyClock
from espalier.store import Store, open_store
from tests.engine.proposing.inline import InlineWorker
from tests.simulation.api_server import ApiServer, Object
from tests.simulation.clock import LIFE, Life, now
from tests.simulation.faults import Faults
from tests.simulation.streams import Stream, streams
from tests.simulation.wire import Hook, PlayedCluster

T = TypeVar("T")

SETTINGS = OperatorSettings(
    sidecar=SidecarSettings(image="sidecar", ingest_url="https://ingest"),
    progress_interval=2.0,
    max_disruptions=50,
)
RESYNC = 10.0


class Operator:
    """One life of the operator's process.

    Parameters
    ----------
    folder
        Where the store lies, which outlives the process.
    before, after
        See `PlayedCluster`.
    wall
        The wall clock of its machine; by default the cluster's.
    """

    def __init__(
        self,
        api: ApiServer,
        folder: Path,
        faults: Faults,
        rnd: random.Random,
        before: Hook | None = None,
        after: Hook | None = None,
        wall: Callable[[], float] = now,
    ) -> None:
        self._api = api
        self._url = f"sqlite:///{folder}/espalier.db"
        self._faults = faults
        self._rnd = rnd
        self._wall = wall
        self._life = Life()
        self._context = contextvars.copy_context()
        self._context.run(LIFE.set, self._life)
        self.cluster = PlayedCluster(api, faults, rnd, before, after)
        self.streams: dict[str, Stream] = {}
        self.store: Store | None = None
        self.failed: list[BaseException] = []
        self.ready = False

    # -- life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Come up; `run` goes on until the process is killed."""
        self._spawn(self._run())

    async def kill(self) -> None:
        """Forget everything but the store's file."""
        self.ready = False
        await self._life.kill()
        if self.store is not None:
            self.store._shut()  # what the kernel does to a dead process's files
            self.store = None

    async def stop(self) -> None:
        """Commit what waits and go down."""
        if self.store is not None:
            await self._await(self.store.close())
            self.store = None
        await self.kill()

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        loop = asyncio.get_running_loop()
        return self._context.run(loop.create_task, work)

    async def _await(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for what the process does; a process that dies meanwhile answers nothing."""
        task = self._spawn(work)
        await asyncio.wait([task])
        if task.cancelled():
            raise RetryLater("the connection was reset")
        return task.result()

    async def _run(self) -> None:
        try:
            await self._serve()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # the process would exit, and be started again
            self.failed.append(error)
            self.ready = False

    async def _serve(self) -> None:
        clock = SteadyClock(self._wall, now)
        self.store = store = await open_store(self._url, clock=clock)
        self._make_store_fail(store)
        cluster: Any = self.cluster
        self.registry = CollectorRegistry()
        observer = Observer(self.registry)
        core = Core(
            cluster,
            store,
            SETTINGS,
            observer,
            clock=clock,
            resync_seconds=RESYNC,
            proposals=InlineWorker(),
        )
        self.live, self.lookup, self.resync = core.studies, core.lookup, core.resync
        self.reconciler = rec = core.reconciler
        rec.queue = DirtyQueue(asyncio.get_running_loop().time, jitter=self._rnd.random)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.resync.run())
            while not self.resync.synced:
                await asyncio.sleep(0.05)
            await core.adopt_stored()
            self.streams = streams(self._api, rec.observed, self._faults, self._rnd)
            for stream in self.streams.values():
                group.create_task(stream.run())
            group.create_task(rec.run())
            self.ready = True

    def _make_store_fail(self, store: Store) -> None:
        write: Callable[[Sequence[Any]], dict[int, Exception]] = store._group._write

        def full(batches: Sequence[Any]) -> dict[int, Exception]:
            if self._rnd.random() < self._faults.commits:
                if self._rnd.random() < 0.2:  # written, and not known to be
                    write(batches)
                raise OperationalError("COMMIT", {}, Exception("database or disk is full"))
            return write(batches)

        store._group._write = full
        run = store._run

        async def unsure(thread: Any, work: Callable[[], T]) -> T:
            if self._rnd.random() < self._faults.commits:
                raise RetryLater("the store does not answer: disk I/O error", after=1)
            return await run(thread, work)

        store._run = unsure  # type: ignore[method-assign]

    # -- ingest -----------------------------------------------------------------------------

    async def post(self, pod: Object, report: CheckedReport, trial: str | None = None) -> None:
        """Take a pod's value as ingest does, once its token has been believed.

        Raises
        ------
        ReportError, RetryLater
            What the answer says.
        """
        if not self.ready:
            raise RetryLater("nobody listens")
        if self._rnd.random() < self._faults.posts / 2:
            raise RetryLater("the post did not come through")
        await self._await(self._report(pod, report, trial))
        if self._rnd.random() < self._faults.posts / 2:
            raise RetryLater("the answer did not come through")

    async def _report(self, pod: Object, report: CheckedReport, trial: str | None) -> None:
        meta = pod["metadata"]
        if self.live.binding(meta["uid"]) is None:
            found = await self.lookup(meta["namespace"], meta["name"], meta["uid"])
            if found is not None:
                self.live.bind(found)
        claimed = trial or f"{meta['namespace']}/{meta['labels']['espalier.dev/trial']}"
        await self.live.submit(meta["uid"], CheckedBatch(claimed, (report,)))
