"""The operator as one process: its parts, brought up and down in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from espalier import __version__
from espalier.api import ResourcesSpec
from espalier.engine.control.announcing import Announcer
from espalier.engine.control.cache import StudyKey
from espalier.engine.control.claims import Claim, Claims
from espalier.engine.control.pod_lookup import PodLookup
from espalier.engine.control.reconciler import Reconciler
from espalier.engine.control.resync import Resync
from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import RetryLater
from espalier.ingest import Ingest, Keys, Limits, Reviews, Tokens, kept_authority
from espalier.kube import CaSecret, Cluster, Holder, LeaseTimes, TokenBucket
from espalier.metrics.figures import ControlView
from espalier.metrics.health import (
    FirstPass,
    Health,
    LivenessLimits,
    judge_liveness,
    judge_readiness,
)
from espalier.metrics.observer import Observer
from espalier.metrics.server import MetricsServer, build_registry
from espalier.planning import OperatorSettings, SidecarSettings
from espalier.planning.world.names import AUDIENCE
from espalier.planning.world.settings import RESOURCES
from espalier.process.ingest_leaf import Leaf
from espalier.steady_clock import SteadyClock
from espalier.store import Store, StudyRow, open_store
from espalier.watch import Watcher

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_PATIENCE = 0.5
"""Seconds that the reconciliation of a study waits for its log; others have their turn then."""


@dataclass(frozen=True, slots=True)
class Options:
    """The flags of `espalier run`."""

    kubeconfig: str | None
    namespaces: tuple[str, ...]
    own_namespace: str
    ca_secret: str
    store: str
    keep_closed_hours: float
    ingest_port: int
    ingest_url: str
    metrics_port: int
    sidecar_image: str
    sidecar_pull_policy: str
    allowed: tuple[str, ...]
    template_bytes: int
    qps: float
    burst: int
    resync_seconds: float
    max_parallelism: int
    ingest_connections: int = 4096
    token_review_qps: float = 20.0
    sidecar_resources: ResourcesSpec = RESOURCES
    identity: str = ""
    lease_seconds: float = 60.0
    values: ValueLimits = field(default_factory=ValueLimits)
    patience: Mapping[str, Any] = field(default_factory=dict)

    def holder(self) -> Holder:
        """Return as whom this process holds Leases; a pod's host name is its own name."""
        host = socket.gethostname()
        return Holder(self.identity or f"{host}:{self.store}", host)

    def limits(self) -> Limits:
        """Return what the flags decide about the ingest port."""
        return Limits(
            connections=self.ingest_connections,
            review_rate=self.token_review_qps,
            review_burst=max(1, round(2 * self.token_review_qps)),
        )

    def settings(self, ca_pem: str) -> OperatorSettings:
        """Return what the flags decide about plans."""
        return OperatorSettings(
            sidecar=SidecarSettings(
                image=self.sidecar_image,
                ingest_url=self.ingest_url,
                ca_pem=ca_pem,
                pull_policy=self.sidecar_pull_policy,
                resources=self.sidecar_resources,
            ),
            allowed=frozenset(self.allowed),
            template_bytes=self.template_bytes,
            max_parallelism=self.max_parallelism,
            **self.patience,
        )


class OperatorProcess:
    """All parts of the operator; `run` brings them up, serves, and takes them down."""

    def __init__(self, options: Options, liveness: LivenessLimits | None = None) -> None:
        self._options = options
        self._liveness = liveness or LivenessLimits()
        self._stop = asyncio.Event()
        self._reconciler: Reconciler | None = None
        self._resync: Resync | None = None
        self._watcher: Watcher | None = None
        self._store: Store | None = None
        self._studies: OpenStudies | None = None
        self._claims: Claims | None = None
        self._start = FirstPass()
        self._control = ControlView()
        self._looked_at: float | None = None
        self._clock = SteadyClock()
        registry = build_registry(self._figures, lambda: self._control, __version__)
        self._observer = Observer(registry)
        self._metrics = MetricsServer(registry, self._live, self._ready, port=options.metrics_port)

    def stop(self) -> None:
        """Have `run` take everything down and return."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop` is called or a part fails for good."""
        options = self._options
        async with contextlib.AsyncExitStack() as stack:
            self._metrics.start()
            stack.callback(self._metrics.stop)
            limiter = TokenBucket(options.qps, options.burst, observe=self._observer.api_waited)
            limits = options.limits()
            cluster = await stack.enter_async_context(
                await Cluster.connect(
                    options.kubeconfig,
                    limiter=limiter,
                    review_limiter=TokenBucket(limits.review_rate, limits.review_burst),
                    observe=self._observer.api_answered,
                )
            )
            self._claims = claims = self._claim(cluster)
            stack.push_async_callback(claims.release)
            self._store = store = await _patiently(
                lambda: open_store(
                    options.store,
                    self._observer,
                    keep_closed=options.keep_closed_hours * 3600,
                    clock=self._clock,
                )
            )
            stack.push_async_callback(store.close)
            self._studies = live = OpenStudies(
                store,
                self._pruned,
                self._clock,
                observe=self._observer,
                on_read=self._read,
                patience=_PATIENCE,
                limits=options.values,
            )
            await _patiently(lambda: live.read_running(self._within))
            ca = CaSecret(cluster, options.own_namespace, options.ca_secret)
            authority = await _patiently(
                lambda: kept_authority(ca.load, ca.save, datetime.now(UTC))
            )
            ca_pem = authority.certificate_pem.decode()
            settings = options.settings(ca_pem)
            self._reconciler = Reconciler(
                cluster, live, settings, self._observer, claims=claims, clock=self._clock
            )
            lookup = PodLookup(cluster, live, self._reconciler)
            tokens = self._tokens(cluster, limits)
            ingest = Ingest(live, tokens, lookup, limits, self._observer, claims.foreign)
            leaf = Leaf(authority, options.ingest_url)
            await ingest.start(None, options.ingest_port, leaf.context)
            stack.push_async_callback(ingest.stop)
            stack.callback(leaf.keep_fresh().cancel)
            self._resync = Resync(
                cluster, self._reconciler, options.namespaces, options.resync_seconds
            )
            await self._serve(store, claims)

    def _claim(self, cluster: Cluster) -> Claims:
        """Return what takes the Leases of namespaces, and have nothing written without them."""
        me = self._options.holder()
        announcer = Announcer(cluster, str(me))

        def told(namespace: str, claim: Claim, why: str | None) -> None:
            announcer.told(namespace, claim, why)
            if self._reconciler is not None and claim in (Claim.HELD, Claim.UNGUARDED):
                self._reconciler.claimed(namespace)
            if self._reconciler is not None and claim is Claim.FOREIGN:
                self._reconciler.stand_back(namespace)

        times = LeaseTimes.of(self._options.lease_seconds)
        claims = Claims(cluster, me, told, always=self._options.namespaces, times=times)
        cluster.guard = claims.check
        return claims

    def _tokens(self, cluster: Cluster, limits: Limits) -> Tokens:
        async def review(token: str, urgent: bool) -> Mapping[str, Any]:
            return await cluster.review_token(token, AUDIENCE, urgent=urgent)

        observer = self._observer
        reviews = Reviews(review, AUDIENCE, limits, observer.token_reviewed)
        keys = Keys(cluster.document)
        return Tokens(keys, reviews, AUDIENCE, limits, self._clock, observer.token_checked)

    async def _serve(self, store: Store, claims: Claims) -> None:
        assert self._reconciler is not None
        assert self._resync is not None
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._resync.run(), name="resync"),
                group.create_task(self._reconcile(store), name="reconcile"),
                group.create_task(self._look_at_itself(), name="control"),
                group.create_task(claims.run(), name="leases"),
            ]
            await self._stop.wait()
            log.info("stopping")
            for task in tasks:
                task.cancel()

    async def _reconcile(self, store: Store) -> None:
        """Reconcile once everything has been listed; watch from then on."""
        assert self._reconciler is not None
        assert self._resync is not None
        while not self._resync.synced:
            await asyncio.sleep(0.05)
        self._reconciler.adopt_stored(await self._stored(store))
        loop = asyncio.get_running_loop()
        observed = self._reconciler.observed

        def seen(plural: str, deleted: bool, obj: Mapping[str, Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process is ending
                loop.call_soon_threadsafe(observed, plural, deleted, obj)

        self._watcher = Watcher(
            seen, namespaces=self._options.namespaces, kubeconfig=self._options.kubeconfig
        )
        self._watcher.start()
        try:
            log.info("ready: version %s", __version__)
            await self._reconciler.run()
        finally:
            self._watcher.stop()

    async def _stored(self, store: Store) -> dict[str, StudyKey]:
        """Return the studies that have rows and lie where this operator looks."""
        return {
            row.uid: StudyKey(row.namespace, row.name)
            for row in await _patiently(store.studies)
            if self._within(row)
        }

    def _within(self, row: StudyRow) -> bool:
        return not self._options.namespaces or row.namespace in self._options.namespaces

    def _read(self, row: StudyRow) -> None:
        """Have a study looked at whose log has been read: it may have waited for that."""
        if self._reconciler is not None:
            self._reconciler.queue.hasten(StudyKey(row.namespace, row.name))

    def _pruned(self, study_uid: str, number: int) -> None:
        if self._reconciler is not None:
            self._reconciler.prune(study_uid, number)

    # -- what the probes and the metrics see, from other threads ------------------------------

    async def _look_at_itself(self) -> None:
        """Refresh the view of the control path; a stuck loop shows by its age."""
        while True:
            self._control, self._looked_at = self._view(), time.monotonic()
            self._clock.tell_jump()
            await asyncio.sleep(1.0)

    def _view(self) -> ControlView:
        assert self._reconciler is not None
        assert self._resync is not None
        now = time.monotonic()
        queue, reading = self._reconciler.queue, self._studies.reading() if self._studies else None
        return ControlView(
            queue_depth=queue.depth,
            queue_oldest_age=queue.oldest_age(),
            queue_idle=self._start.idle(queue.depth, queue.taken, now),
            starting=self._start.going_on,
            reading=reading.studies if reading else 0,
            reading_idle=reading.idle if reading else 0.0,
            watch_ages=self._watcher.ages() if self._watcher else {},
            list_ages={plural: now - at for plural, at in self._resync.last_seen.items()},
            watch_restarts=self._watcher.restarts if self._watcher else 0,
            claims=self._claims.counts() if self._claims else {},
            others=self._claims.others() if self._claims else {},
            **self._room(),
        )

    def _room(self) -> dict[str, int]:
        """Return what the store takes and what is left for it; nothing where that is unknown."""
        try:
            if self._store is None:
                return {}
            return {
                "store_bytes": self._store.size(),
                "volume_bytes": self._store.volume(),
                "volume_free_bytes": self._store.free(),
            }
        except OSError as error:
            log.warning("the size of the store cannot be read: %s", error)
            return {}

    def _figures(self) -> Any:
        return self._reconciler.figures if self._reconciler else ()

    def _live(self) -> Health:
        age = 0.0 if self._looked_at is None else time.monotonic() - self._looked_at
        return judge_liveness(self._control, self._liveness, age)

    def _ready(self) -> Health:
        if self._store is None:
            return Health(False, "the store is being opened: checked, and migrated where it is old")
        if self._resync is None or not self._resync.synced:
            return Health(False, "the cluster has not been listed yet")
        if not self._store.available:
            return Health(False, "the store takes nothing at the moment")
        return judge_readiness(self._control)


async def _patiently(attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Try until what is needed at the start answers; the probes tell meanwhile that it does not."""
    while True:
        try:
            return await attempt()
        except RetryLater as error:
            log.warning("%s; trying again", error)
            await asyncio.sleep(error.after or 1.0)


async def run_operator(options: Options) -> None:
    """Run the operator until SIGTERM or SIGINT."""
    process = OperatorProcess(options)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stop)
    await process.run()
