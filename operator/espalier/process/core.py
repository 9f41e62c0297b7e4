"""An operator without its ports: what stands between a cluster and a store, wired together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from espalier.engine.control.cache import StudyKey
from espalier.engine.control.claims import Claims
from espalier.engine.control.pod_lookup import PodLookup
from espalier.engine.control.reconciler import Reconciler
from espalier.engine.control.resync import Resync
from espalier.engine.proposing.worker import Worker
from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import RetryLater
from espalier.kube import Cluster
from espalier.metrics.observer import Observer
from espalier.planning import OperatorSettings
from espalier.store import Store, StudyRow
from espalier.watch import Watcher

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


class Core:
    """What reads reports and what reconciles, each with what it asks of the other.

    The operator's process puts its ports, its Leases and its probes around one; a test puts what
    it plays itself.

    Parameters
    ----------
    cluster, store
        What it works on; whoever made them closes them.
    settings
        What the flags decide about plans.
    observer
        Counts what happens.
    clock
        Seconds since the epoch that never jump.
    claims
        Which namespaces are this operator's; without it all are.
    namespaces
        Where it looks; everywhere if empty.
    resync_seconds
        Between two lists of everything.
    patience
        Seconds that the reconciliation of a study waits for its log; for ever if not given.
    values
        How many values a trial and a study may have.
    proposals
        Where samplers that learn are asked; a process of its own if not given.
    """

    def __init__(
        self,
        cluster: Cluster,
        store: Store,
        settings: OperatorSettings,
        observer: Observer,
        *,
        clock: Callable[[], float] | None = None,
        claims: Claims | None = None,
        namespaces: Sequence[str] = (),
        resync_seconds: float = 60.0,
        patience: float | None = None,
        values: ValueLimits | None = None,
        proposals: Worker | None = None,
    ) -> None:
        self._store = store
        self._namespaces = namespaces
        self.studies = OpenStudies(
            store,
            self._pruned,
            clock,
            observe=observer,
            on_read=self._read,
            patience=patience,
            limits=values,
        )
        self.reconciler = Reconciler(
            cluster,
            self.studies,
            settings,
            observer,
            claims=claims,
            clock=clock,
            proposals=proposals,
        )
        self.lookup = PodLookup(cluster, self.studies, self.reconciler)
        self.resync = Resync(cluster, self.reconciler, namespaces, resync_seconds)

    async def close(self) -> None:
        """End what works beside the loop; whoever made cluster and store closes them."""
        await self.reconciler.close()

    def within(self, row: StudyRow) -> bool:
        """Whether a stored study lies where this operator looks."""
        return not self._namespaces or row.namespace in self._namespaces

    async def read_running(self) -> None:
        """Read the logs of the studies that were at work when the process last ended."""
        await patiently(lambda: self.studies.read_running(self.within))

    async def adopt_stored(self) -> None:
        """Have the stored studies looked at, too: some may be gone from the cluster."""
        rows = await patiently(self._store.studies)
        self.reconciler.adopt_stored(
            {row.uid: StudyKey(row.namespace, row.name) for row in rows if self.within(row)}
        )

    def watch(self, kubeconfig: str | None) -> Watcher:
        """Start to watch the cluster; return what does, which is to be stopped in the end."""
        loop = asyncio.get_running_loop()
        observed = self.reconciler.observed

        def seen(plural: str, deleted: bool, obj: Mapping[str, Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process is ending
                loop.call_soon_threadsafe(observed, plural, deleted, obj)

        def begun() -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self.resync.soon)

        watcher = Watcher(seen, namespaces=self._namespaces, kubeconfig=kubeconfig, on_begun=begun)
        watcher.start()
        return watcher

    def _read(self, row: StudyRow) -> None:
        """Have a study looked at whose log has been read: it may have waited for that."""
        if self.resync.synced:  # before, whatever is listed will be looked at
            self.reconciler.queue.hasten(StudyKey(row.namespace, row.name))

    def _pruned(self, study_uid: str, number: int) -> None:
        self.reconciler.prune(study_uid, number)


async def patiently(attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Try until what is needed at the start answers; the probes tell meanwhile that it does not."""
    while True:
        try:
            return await attempt()
        except RetryLater as error:
            _LOG.warning("%s; trying again", error)
            await asyncio.sleep(error.after or 1.0)
