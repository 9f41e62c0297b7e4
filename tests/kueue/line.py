"""A queue of its own for a test, in a namespace of its own that an operator looks after."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from espalier.kube import EVENT, POD, STUDY, TRIAL, WORKLOADS, Kind, NotFound
from espalier.planning import OperatorSettings
from espalier.planning.workload.job import JOB
from tests.integration.running import (
    NAMESPACE,
    SETTINGS,
    Bench,
    InProcessOperator,
    eventually,
    operator,
    study,
)
from tools.cluster.kueue import OPT_IN

WORKLOAD = WORKLOADS[0]
QUEUE = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"
EVERYTHING = {"nvidia.com/gpu": "2", "cpu": "8", "memory": "8Gi"}


def kind(plural: str, name: str) -> Kind:
    return Kind(WORKLOAD.group, WORKLOAD.version, plural, name)


CLUSTER_QUEUE = kind("clusterqueues", "ClusterQueue")
LOCAL_QUEUE = kind("localqueues", "LocalQueue")
FLAVOR = kind("resourceflavors", "ResourceFlavor")
PRIORITY_CLASS = kind("workloadpriorityclasses", "WorkloadPriorityClass")


class Line:
    """A ClusterQueue with its LocalQueue ``team``, as its owner and its users see it.

    Flavor, ClusterQueue and priority classes are cluster-scoped: they have the namespace's name.
    """

    def __init__(self, at: Bench, process: InProcessOperator) -> None:
        self.at = at
        self.process = process
        self.name = at.namespace
        self._made: list[tuple[Kind, str]] = []

    async def open(self, quota: dict[str, str]) -> None:
        await self.make(FLAVOR, self.name)
        await self.make(CLUSTER_QUEUE, self.name, spec=self.rules(quota))
        await self.make(LOCAL_QUEUE, "team", self.name, spec={"clusterQueue": self.name})

    def rules(self, quota: dict[str, str]) -> dict[str, Any]:
        resources = [{"name": name, "nominalQuota": count} for name, count in quota.items()]
        return {
            "namespaceSelector": {},
            "preemption": {"withinClusterQueue": "LowerPriority"},
            "resourceGroups": [
                {
                    "coveredResources": list(quota),
                    "flavors": [{"name": self.name, "resources": resources}],
                }
            ],
        }

    async def make(self, what: Kind, name: str, namespace: str = "", **body: Any) -> None:
        full = {"apiVersion": what.api_version, "kind": what.name, "metadata": {"name": name}}
        await self.at.cluster.create(what, namespace, {**full, **body})
        if not namespace:
            self._made.append((what, name))

    async def close(self) -> None:
        for what, name in reversed(self._made):
            with contextlib.suppress(NotFound):
                await self.at.cluster.delete(what, "", name)

    async def rule(self, **spec: Any) -> None:
        """Change the ClusterQueue."""
        await self.at.cluster.patch(CLUSTER_QUEUE, "", self.name, {"spec": spec})

    async def uses(self, gpus: str) -> None:
        """Wait until the ClusterQueue has given away so many GPUs."""

        async def probe() -> bool:
            queue = await self.at.cluster.get(CLUSTER_QUEUE, "", self.name)
            (usage,) = queue["status"]["flavorsUsage"]
            totals = {each["name"]: str(each["total"]) for each in usage["resources"]}
            return totals["nvidia.com/gpu"] == gpus

        await eventually(f"{gpus} GPUs to be in use", probe)

    async def submit(
        self,
        name: str = "s",
        queue: str = "team",
        labels: dict[str, str] | None = None,
        **spec: Any,
    ) -> None:
        body = study(name, **spec)
        body["metadata"]["labels"] = {QUEUE: queue, **(labels or {})}
        await self.at.create(body)

    async def workload(self, trial: str) -> dict[str, Any]:
        """Wait for the Workload of a trial's Job."""

        async def probe() -> Any:
            job = await self.at.get(JOB, trial)
            uid = job["metadata"]["uid"] if job else None
            for each in await self.at.list(WORKLOAD):
                if (each["metadata"].get("labels") or {}).get("kueue.x-k8s.io/job-uid") == uid:
                    return each
            return None

        return await eventually(f"a Workload of {trial}", probe)

    async def activate(self, trial: str, active: bool) -> None:
        name = (await self.workload(trial))["metadata"]["name"]
        await self.at.patch(WORKLOAD, name, {"spec": {"active": active}})

    async def deactivated(self, trial: str) -> None:
        """Wait until a trial's Workload is inactive."""

        async def probe() -> bool:
            return (await self.workload(trial))["spec"]["active"] is False

        await eventually(f"the Workload of {trial} to be inactive", probe)

    async def waits(self, trial: str, *words: str) -> None:
        """Wait until a Trial says in these words why it has not started."""

        async def probe() -> Any:
            said = await self.at.condition(TRIAL, trial, "Started")
            good = said and said["status"] == "False"
            return good and all(word in said["message"] for word in words) and said

        await eventually(f"{trial} to say {words}", probe)

    async def study_says(self, type_: str, status: str, reason: str, *words: str) -> str:
        """Wait until a condition of the Study is so; return its message."""

        async def probe() -> Any:
            said = await self.at.condition(STUDY, "s", type_)
            good = said and (said["status"], said["reason"]) == (status, reason)
            return good and all(word in said["message"] for word in words) and said["message"]

        return await eventually(f"{type_}={status} {reason} {words}", probe)

    async def running(self) -> set[str]:
        """Return the Jobs that are not suspended and not over."""
        return {
            job["metadata"]["name"]
            for job in await self.at.list(JOB)
            if not job["spec"].get("suspend") and not job["status"].get("completionTime")
        }

    async def admitted(self, count: int = 1) -> list[str]:
        """Wait until so many trials of the study have a pod; which, is for the queue to say."""

        async def probe() -> Any:
            pods = await self.at.list(POD)
            names = {pod["metadata"]["labels"].get("espalier.dev/trial") for pod in pods}
            return len(names) == count and sorted(names)

        return await eventually(f"{count} pods", probe)

    async def first_and_second(self) -> tuple[str, str]:
        """Wait until one of two trials has a pod; return that one, and the other."""
        (first,) = await self.admitted()
        return first, "s-1" if first == "s-0" else "s-0"

    async def run(self, trial: str) -> dict[str, Any]:
        """Wait for a trial's pod and have it run."""
        pod = await self.at.pod_of(trial)
        await self.at.run_pod(pod)
        return pod

    async def train(self, trial: str, steps: int = 10) -> dict[str, Any]:
        """Have a trial's pod run and report so many steps of its ten; return it."""
        pod = await self.run(trial)
        await self.process.report(pod, *(step / 10 for step in range(1, steps + 1)))
        return pod

    async def complete(self, trial: str) -> None:
        """Have a trial's pod train to its end."""
        await self.at.end_pod(await self.train(trial))
        await self.at.wait_ended(trial, "Completed")

    async def told(self, trial: str, reason: str) -> list[str]:
        """Wait until a Trial has an Event with this reason; return the messages of all such."""

        async def probe() -> Any:
            found = [each for each in await self.at.list(EVENT) if each["reason"] == reason]
            about = [each for each in found if each["involvedObject"].get("name") == trial]
            return [each["message"] for each in about]

        return await eventually(f"an Event {reason} of {trial}", probe)

    async def occupy(self, name: str, gpus: int, priority: str | None = None) -> None:
        """Have a Job of somebody else take GPUs of the queue, and wait until it has them."""
        resources = {"limits": {"nvidia.com/gpu": str(gpus)}}
        containers = [{"name": "main", "image": "x", "resources": resources}]
        labels = {QUEUE: "team", **({PRIORITY: priority} if priority else {})}
        template = {"spec": {"restartPolicy": "Never", "containers": containers}}
        body = {"metadata": {"name": name, "labels": labels}, "spec": {"template": template}}
        await self.at.create({"apiVersion": "batch/v1", "kind": "Job", **body}, JOB)

        async def probe() -> bool:
            return name in await self.running()

        await eventually(f"{name} to be admitted", probe)

    async def leave(self, name: str) -> None:
        """Have somebody else's Job go."""
        await self.at.delete(JOB, name)

    async def complete_all(self, trials: set[str]) -> None:
        """Have these trials train to their end, in the order in which the queue lets them."""
        ended = set[str]()
        while trials - ended:
            trial = min(await self.admitted_of(trials - ended))
            await self.complete(trial)
            ended.add(trial)

    async def admitted_of(self, trials: set[str]) -> set[str]:
        """Wait until some of these trials have a pod, and return those that do."""

        async def probe() -> Any:
            found = [pod["metadata"] for pod in await self.at.list(POD)]
            names = {meta["labels"].get("espalier.dev/trial") for meta in found}
            return names & trials

        return await eventually(f"a pod of {trials}", probe)

    async def no_pods(self) -> None:
        async def probe() -> bool:
            return not await self.at.list(POD)

        await eventually("all pods to be gone", probe)


@asynccontextmanager
async def line(
    kueue: Path,
    tmp_path: Path,
    quota: dict[str, str] | None = None,
    settings: OperatorSettings = SETTINGS,
) -> AsyncIterator[Line]:
    """An operator, and a queue of two GPUs unless another quota is given."""
    async with operator(kueue, tmp_path, settings) as (at, process):
        await at.cluster.patch(NAMESPACE, "", at.namespace, {"metadata": {"labels": OPT_IN}})
        opened = Line(at, process)
        try:
            await opened.open(quota or EVERYTHING)
            yield opened
        finally:
            await opened.close()
