"""An operator without its HTTP server, in the test's own process, against a real API server.

There is no kubelet: the test plays it, by writing pods' statuses. Everything else is real.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from espalier.engine.reports.submission import CheckedBatch, CheckedReport
from espalier.errors import RetryLater
from espalier.kube import POD, STUDY, TRIAL, Cluster, Conflict, Kind, NotFound, TokenBucket
from espalier.metrics.observer import Observer
from espalier.planning import OperatorSettings, SidecarSettings
from espalier.planning.workload.job import JOB
from espalier.process.core import Core
from espalier.store import open_store
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = Kind("", "v1", "namespaces", "Namespace")
CRD = Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition")
SETTINGS = OperatorSettings(
    sidecar=SidecarSettings(image="registry.local/espalier-sidecar:dev", ingest_url="https://x"),
    progress_interval=0.5,
)
_names = itertools.count()


def scenario(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Let pytest run an async test."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 2 * PATIENCE))

    return run


async def eventually(
    what: str, probe: Callable[[], Awaitable[Any]], timeout: float = PATIENCE
) -> Any:
    """Ask until the answer is true; a `timeout` is given where the time itself is tested."""
    deadline = time.monotonic() + timeout
    while True:
        seen = await probe()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"waited {timeout} s for {what}; last: {seen!r}"
        await asyncio.sleep(0.05)


def study(name: str = "study", **spec: Any) -> dict[str, Any]:
    """Return a small Study."""
    body = {
        "objective": {"metric": "accuracy", "direction": "Maximize"},
        "resource": {"name": "epoch", "max": 10},
        "parameters": [{"name": "lr", "float": {"min": 0.001, "max": 1.0, "scale": "Log"}}],
        "sampler": {"type": "Random", "seed": 7},
        "pruner": {"type": "Nop"},
        "trials": {"max": 4, "parallelism": 2, "maxFailed": 3, "retries": 0},
        "pruning": {"gracePeriodSeconds": 1},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "trainer",
                        "image": "registry.local/digits:dev",
                        "args": ["--lr=$(PARAM_lr)"],
                        "resources": {"limits": {"nvidia.com/gpu": "1"}},
                    }
                ]
            }
        },
    }
    body.update(spec)
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {"name": name},
        "spec": body,
    }


class Bench:
    """A namespace of a real API server, seen as a user and a kubelet see it."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    async def create(self, body: dict[str, Any], kind: Kind = STUDY) -> dict[str, Any]:
        return await self.cluster.create(kind, self.namespace, body)

    async def patch(self, kind: Kind, name: str, body: dict[str, Any], sub: str = "") -> Any:
        return await self.cluster.patch(kind, self.namespace, name, body, subresource=sub)

    async def delete(self, kind: Kind, name: str) -> None:
        await self.cluster.delete(kind, self.namespace, name)

    async def list(self, kind: Kind) -> list[dict[str, Any]]:
        found, _ = await self.cluster.list(kind, self.namespace)
        return sorted(found, key=lambda obj: obj["metadata"]["name"])

    async def get(self, kind: Kind, name: str) -> dict[str, Any] | None:
        try:
            return await self.cluster.get(kind, self.namespace, name)
        except NotFound:
            return None

    async def names(self, kind: Kind) -> list[str]:
        return [obj["metadata"]["name"] for obj in await self.list(kind)]

    async def condition(self, kind: Kind, name: str, type_: str) -> dict[str, Any] | None:
        obj = await self.get(kind, name) or {}
        for condition in obj.get("status", {}).get("conditions", []):
            if condition["type"] == type_:
                return condition
        return None

    async def wait_condition(
        self, kind: Kind, name: str, type_: str, status: str = "True", reason: str | None = None
    ) -> dict[str, Any]:
        async def probe() -> Any:
            found = await self.condition(kind, name, type_)
            good = found and found["status"] == status and reason in (None, found["reason"])
            return found if good else None

        return await eventually(f"{type_}={status} {reason or ''} of {name}", probe)

    async def wait_ended(self, trial: str, reason: str) -> dict[str, Any]:
        return await self.wait_condition(TRIAL, trial, "Finished", "True", reason)

    async def pod_of(self, trial: str, *, besides: tuple[str, ...] = ()) -> dict[str, Any]:
        """Wait for a trial's pod that is there to stay."""

        async def probe() -> Any:
            for pod in await self.list(POD):
                meta = pod["metadata"]
                mine = meta["labels"].get("espalier.dev/trial") == trial
                if mine and "deletionTimestamp" not in meta and meta["name"] not in besides:
                    return pod
            return None

        return await eventually(f"a pod of {trial}", probe)

    # -- the kubelet's part ---------------------------------------------------------------

    async def pod_status(self, pod: dict[str, Any], status: dict[str, Any]) -> None:
        await self.patch(POD, pod["metadata"]["name"], {"status": status}, "status")

    async def run_pod(self, pod: dict[str, Any]) -> None:
        now = stamp()
        await self.pod_status(
            pod,
            {
                "phase": "Running",
                "startTime": now,
                "initContainerStatuses": [container("espalier-sidecar", running(now))],
                "containerStatuses": [container("trainer", running(now))],
            },
        )

    async def end_pod(
        self,
        pod: dict[str, Any],
        code: int = 0,
        *,
        reason: str = "",
        message: str = "",
        tail: dict[str, Any] | None = None,
        **status: Any,
    ) -> None:
        now = stamp()
        left = json.dumps(tail) if tail else ""
        trainer = terminated(now, code, reason or ("Completed" if code == 0 else "Error"), message)
        await self.pod_status(
            pod,
            {
                "phase": "Succeeded" if code == 0 else "Failed",
                "startTime": now,
                "initContainerStatuses": [
                    container("espalier-sidecar", terminated(now, 0, "Completed", left))
                ],
                "containerStatuses": [container("trainer", trainer)],
                **status,
            },
        )

    async def block_pod(self, pod: dict[str, Any], reason: str, message: str) -> None:
        waiting = {"waiting": {"reason": reason, "message": message}}
        await self.pod_status(
            pod,
            {
                "phase": "Pending",
                "startTime": stamp(),
                "containerStatuses": [container("trainer", waiting)],
            },
        )


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def running(at: str) -> dict[str, Any]:
    return {"running": {"startedAt": at}}


def terminated(at: str, code: int, reason: str, message: str = "") -> dict[str, Any]:
    return {
        "terminated": {
            "exitCode": code,
            "reason": reason,
            "message": message,
            "startedAt": at,
            "finishedAt": at,
        }
    }


def container(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "image": "x",
        "imageID": "x",
        "ready": "running" in state,
        "restartCount": 0,
        "state": state,
    }


class InProcessOperator:
    """The reconcile path with watches and a store; `kill` ends it without any goodbye."""

    def __init__(
        self, kubeconfig: Path, namespace: str, store: Path, settings: OperatorSettings
    ) -> None:
        self.kubeconfig = str(kubeconfig)
        self.namespace = namespace
        self.url = f"sqlite:///{store}"
        self.settings = settings
        self.requests: list[tuple[str, str, int | None]] = []

    async def start(self) -> None:
        observe = lambda verb, plural, code, _: self.requests.append((verb, plural, code))  # noqa: E731
        self.cluster = await Cluster.connect(
            self.kubeconfig, limiter=TokenBucket(1000, 1000), observe=observe
        )
        self.store = await open_store(self.url)
        self.core = core = Core(
            self.cluster,
            self.store,
            self.settings,
            Observer(CollectorRegistry()),
            namespaces=[self.namespace],
            resync_seconds=10 * PATIENCE,  # no round of lists makes up for what is forgotten
        )
        self.live, self.reconciler, self.resync = core.studies, core.reconciler, core.resync
        listing = asyncio.create_task(self.resync.run())
        await eventually("everything to be listed", lambda: asyncio.sleep(0, self.resync.synced))
        await core.adopt_stored()
        self.watcher = core.watch(self.kubeconfig)
        self.tasks = [listing, asyncio.create_task(self.reconciler.run())]

    async def kill(self) -> None:
        """Stop at once, whatever is being done."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.reconciler.close()
        await asyncio.to_thread(self.watcher.stop)
        await self.store.close()
        await self.cluster.close()

    async def report(self, pod: dict[str, Any], *values: float, first: int = 1) -> Any:
        """Report values as ingest does, once the pod is bound."""
        meta = pod["metadata"]
        trial = f"{meta['namespace']}/{meta['labels']['espalier.dev/trial']}"
        reports = tuple(
            CheckedReport("accuracy", step, value) for step, value in enumerate(values, first)
        )

        async def post() -> Any:
            try:
                return await self.live.submit(meta["uid"], CheckedBatch(trial, reports))
            except RetryLater:
                return None

        return await eventually("an answer to the report", post)


@asynccontextmanager
async def bench(control_plane: Path):
    """A namespace of its own with the CRDs installed."""
    cluster = await Cluster.connect(str(control_plane), limiter=TokenBucket(1000, 1000))
    for path in sorted((ROOT / "crds").glob("*.yaml")):
        await _install(cluster, yaml.safe_load(path.read_text()))
    name = f"it-{int(time.time() * 1000) % 10**9}-{next(_names)}"
    await cluster.create(NAMESPACE, "", {"metadata": {"name": name}})
    try:
        yield Bench(cluster, name)
    finally:
        with contextlib.suppress(NotFound):
            await cluster.delete(NAMESPACE, "", name)
        await cluster.close()


async def _install(cluster: Cluster, crd: dict[str, Any]) -> None:
    name = crd["metadata"]["name"]
    try:
        await cluster.create(CRD, "", crd)
    except Conflict:
        await cluster.patch(CRD, "", name, {"spec": crd["spec"]})

    async def established() -> bool:
        found = await cluster.get(CRD, "", name)
        return any(
            c["type"] == "Established" and c["status"] == "True"
            for c in found.get("status", {}).get("conditions") or []
        )

    await eventually(f"{name} to be served", established)


@asynccontextmanager
async def operator(control_plane: Path, tmp_path: Path, settings: OperatorSettings = SETTINGS):
    """A bench with an operator that looks after it."""
    async with bench(control_plane) as at:
        process = InProcessOperator(control_plane, at.namespace, tmp_path / "espalier.db", settings)
        await process.start()
        try:
            yield at, process
        finally:
            await process.kill()


__all__ = ["JOB", "POD", "STUDY", "TRIAL", "bench", "eventually", "operator", "scenario", "study"]
