"""The operator as one process: its parts, brought up and down in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from espalier import __version__
from espalier.engine.control.announcing import Announcer
from espalier.engine.control.claims import Claim, Claims
from espalier.engine.proposing.worker import ChildWorker
from espalier.ingest import Ingest, Keys, Limits, Reviews, Tokens, kept_authority
from espalier.kube import CaSecret, Cluster, LeaseTimes, TokenBucket
from espalier.metrics.figures import ControlView, StudyFigures
from espalier.metrics.health import (
    FirstPass,
    LivenessLimits,
    ProbeAnswer,
    judge_liveness,
    judge_readiness,
)
from espalier.metrics.observer import Observer
from espalier.metrics.server import MetricsServer, build_registry
from espalier.planning.world.names import AUDIENCE
from espalier.process import garbage, switching
from espalier.process.core import Core, patiently
from espalier.process.leaf import Leaf
from espalier.process.options import Options
from espalier.steady_clock import SteadyClock
from espalier.store import Store, open_store
from espalier.watch import Watcher

_LOG = logging.getLogger(__name__)

_PATIENCE = 0.5
"""Seconds that the reconciliation of a study waits for its log; others have their turn then."""


class OperatorProcess:
    """All parts of the operator; `run` brings them up, serves, and takes them down."""

    def __init__(self, options: Options, liveness: LivenessLimits | None = None) -> None:
        self._options = options
        self._liveness = liveness or LivenessLimits()
        self._stop = asyncio.Event()
        self._core: Core | None = None
        self._watcher: Watcher | None = None
        self._store: Store | None = None
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
            self._store = store = await patiently(
                lambda: open_store(
                    options.store,
                    self._observer,
                    keep_closed=options.keep_closed_hours * 3600,
                    clock=self._clock,
                )
            )
            stack.push_async_callback(store.close)
            ca = CaSecret(cluster, options.own_namespace, options.ca_secret)
            authority = await patiently(lambda: kept_authority(ca.load, ca.save, datetime.now(UTC)))
            self._core = core = Core(
                cluster,
                store,
                options.settings(authority.certificate_pem.decode()),
                self._observer,
                clock=self._clock,
                claims=claims,
                namespaces=options.namespaces,
                resync_seconds=options.resync_seconds,
                patience=_PATIENCE,
                values=options.values,
                proposals=ChildWorker(options.proposal_seconds),
            )
            stack.push_async_callback(core.close)
            await core.read_running()
            tokens = self._tokens(cluster, limits)
            ingest = Ingest(
                core.studies, tokens, core.lookup, limits, self._observer, claims.foreign
            )
            leaf = Leaf(authority, options.ingest_url)
            await ingest.start(None, options.ingest_port, leaf.context)
            stack.push_async_callback(ingest.stop)
            stack.callback(leaf.keep_fresh().cancel)
            await self._serve(core, claims)

    def _claim(self, cluster: Cluster) -> Claims:
        """Return what takes the Leases of namespaces, and have nothing written without them."""
        me = self._options.holder()
        announcer = Announcer(cluster, str(me))

        def told(namespace: str, claim: Claim, why: str | None) -> None:
            announcer.told(namespace, claim, why)
            if self._core is not None and claim in (Claim.HELD, Claim.UNGUARDED):
                self._core.reconciler.claimed(namespace)
            if self._core is not None and claim is Claim.FOREIGN:
                self._core.reconciler.stand_back(namespace)

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

    async def _serve(self, core: Core, claims: Claims) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(core.resync.run(), name="resync"),
                group.create_task(self._reconcile(core), name="reconcile"),
                group.create_task(self._look_at_itself(core), name="control"),
                group.create_task(claims.run(), name="leases"),
            ]
            await self._stop.wait()
            _LOG.info("stopping")
            for task in tasks:
                task.cancel()

    async def _reconcile(self, core: Core) -> None:
        """Reconcile once everything has been listed; watch from then on."""
        while not core.resync.synced:
            await asyncio.sleep(0.05)
        garbage.settle()
        await core.adopt_stored()
        self._watcher = core.watch(self._options.kubeconfig)
        try:
            _LOG.info("ready: version %s", __version__)
            await core.reconciler.run()
        finally:
            self._watcher.stop()

    # -- what the probes and the metrics see, from other threads ------------------------------

    async def _look_at_itself(self, core: Core) -> None:
        """Refresh the view of the control path; a stuck loop shows by its age."""
        while True:
            self._control, self._looked_at = self._view(core), time.monotonic()
            self._clock.tell_jump()
            await asyncio.sleep(1.0)

    def _view(self, core: Core) -> ControlView:
        now = time.monotonic()
        queue, reading = core.reconciler.queue, core.studies.reading()
        return ControlView(
            queue_depth=queue.depth,
            queue_oldest_age=queue.oldest_age(),
            queue_idle=self._start.idle(queue.depth, queue.taken, now),
            starting=self._start.going_on,
            reading=reading.studies,
            reading_idle=reading.idle,
            watch_ages=self._watcher.ages() if self._watcher else {},
            list_ages={plural: now - at for plural, at in core.resync.last_seen.items()},
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
            _LOG.warning("the size of the store cannot be read: %s", error)
            return {}

    def _figures(self) -> tuple[StudyFigures, ...]:
        return self._core.reconciler.figures if self._core else ()

    def _live(self) -> ProbeAnswer:
        age = 0.0 if self._looked_at is None else time.monotonic() - self._looked_at
        return judge_liveness(self._control, self._liveness, age)

    def _ready(self) -> ProbeAnswer:
        if self._store is None:
            return ProbeAnswer(
                False, "the store is being opened: checked, and migrated where it is old"
            )
        if self._core is None or not self._core.resync.synced:
            return ProbeAnswer(False, "the cluster has not been listed yet")
        if not self._store.available:
            return ProbeAnswer(False, "the store takes nothing at the moment")
        return judge_readiness(self._control)


async def run_operator(options: Options) -> None:
    """Run the operator until SIGTERM or SIGINT."""
    garbage.search_seldom()
    switching.switch_often()
    process = OperatorProcess(options)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stop)
    await process.run()
