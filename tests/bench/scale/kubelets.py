"""What kubelets do for the pods that KWOK plays: fetch their tokens, and let their trainers end."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from espalier.planning.world import names
from tests.bench.scale.api import Api
from tests.bench.scale.sidecar import Place, Pod

_AT_ONCE = 16
LABEL = names.STUDY_LABEL


class Kubelets:
    """Sees pods begin to run, be deleted and their Jobs go, and acts for them.

    Parameters
    ----------
    began, ended
        Called with a pod that runs, and with the uid of one that is being deleted or has ended.

    Attributes
    ----------
    job_gone
        When a trial's Job was seen to be deleted, by the trial's name (`time.perf_counter`).
    pod_marked
        When its pod was.
    """

    def __init__(
        self, api: Api, namespace: str, began: Callable[[Pod], None], ended: Callable[[str], None]
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._began = began
        self._ended = ended
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._place: asyncio.Task[Place] | None = None
        self._seen: set[str] = set()
        self.job_gone: dict[str, float] = {}
        self.pod_marked: dict[str, float] = {}

    async def watch_pods(self) -> None:
        """Tell of pods until cancelled."""
        path = f"/api/v1/namespaces/{self._namespace}/pods"
        query = {"labelSelector": LABEL, "fieldSelector": "status.phase=Running"}
        async for type_, meta in self._api.watch(path, query):
            uid, trial = meta["uid"], meta["labels"][names.TRIAL_LABEL]
            if type_ == "DELETED" or "deletionTimestamp" in meta:
                self.pod_marked.setdefault(trial, time.perf_counter())
                self._ended(uid)
            elif uid not in self._seen:
                self._seen.add(uid)
                number = int(meta["labels"][names.NUMBER_LABEL])
                self._began(Pod(meta["name"], uid, self._namespace, trial, number))

    async def watch_jobs(self) -> None:
        """Note deleted Jobs until cancelled."""
        path = f"/apis/batch/v1/namespaces/{self._namespace}/jobs"
        async for type_, meta in self._api.watch(path, {"labelSelector": LABEL}):
            if type_ == "DELETED" or "deletionTimestamp" in meta:
                self.job_gone.setdefault(meta["labels"][names.TRIAL_LABEL], time.perf_counter())

    async def token(self, pod: Pod) -> str:
        """Return what a kubelet would project into a pod."""
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "audiences": [names.AUDIENCE],
                "expirationSeconds": 3600,
                "boundObjectRef": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "name": pod.name,
                    "uid": pod.uid,
                },
            },
        }
        path = f"/api/v1/namespaces/{pod.namespace}/serviceaccounts/default/token"
        async with self._turn:
            answer = await self._api.ask("POST", path, body)
        return str(answer["status"]["token"])

    async def place(self, pod: Pod) -> Place:
        """Return where ingest is, read once out of a pod's spec: it is the same for all."""
        if self._place is None:
            self._place = asyncio.create_task(self._read_place(pod))
        return await asyncio.shield(self._place)

    async def _read_place(self, pod: Pod) -> Place:
        found = await self._api.ask("GET", f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}")
        containers = found["spec"]["initContainers"]
        sidecar = next(each for each in containers if each["name"] == names.SIDECAR)
        env = {each["name"]: each["value"] for each in sidecar["env"]}
        url = urlsplit(env["ESPALIER_INGEST_URL"])
        assert url.hostname
        assert url.port
        trust = ssl.create_default_context(cadata=env["ESPALIER_CA_PEM"])
        return Place(url.hostname, url.port, trust)

    async def end(self, pod: Pod) -> None:
        """Let a pod's trainer end with exit code 0, and its sidecar after it."""
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/status"
        async with self._turn:
            await self._api.ask(
                "PATCH",
                path,
                {"status": ended_status(datetime.now(UTC))},
                content="application/merge-patch+json",
                expected=(200, 404),
            )


def ended_status(now: datetime) -> dict[str, Any]:
    """Return the status of a pod whose trainer has just exited with 0."""
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "phase": "Succeeded",
        "initContainerStatuses": [_terminated(names.SIDECAR, at)],
        "containerStatuses": [_terminated("trainer", at)],
    }


def _terminated(name: str, at: str) -> dict[str, Any]:
    state = {"exitCode": 0, "reason": "Completed", "startedAt": at, "finishedAt": at}
    return {
        "name": name,
        "image": "x",
        "imageID": "x",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": state},
    }
