"""Nodes: the processes of the pods. They outlive what etcd remembers of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from espalier.engine.reports.submission import CheckedReport
from espalier.errors import ReportError, RetryLater
from espalier.kube import POD
from espalier.planning.world.names import SIDECAR
from espalier.planning.world.observe import timestamp
from tests.simulation.api_server import ApiServer, Object, pod_over

Post = Callable[[Object, CheckedReport], Awaitable[None]]
"""Reports a value as a pod; raises what ingest would answer."""


@dataclass(frozen=True)
class Program:
    """What a trainer does: a value a step, then an exit code.

    Parameters
    ----------
    last_words
        Whether its sidecar leaves the last value in its termination message instead.
    deaf
        Whether it exits with 0 when it is told to end.
    killed
        Whether a process of it is killed for memory half way, so that it exits with 0.
    beside
        Whether another container of its pod runs on until the pod is deleted.
    refused
        Whether the node refuses its pod.
    """

    values: tuple[float, ...]
    code: int = 0
    last_words: bool = False
    deaf: bool = False
    killed: bool = False
    beside: bool = False
    refused: bool = False


@dataclass
class Process:
    """A pod's process, known to its node by the pod's uid.

    Parameters
    ----------
    killed
        Whether it was killed for memory.
    lost
        Whether its node was rebooted and knows nothing of it any more.
    lingers
        Whether the other container of its pod still runs.
    """

    program: Program
    step: int = 0
    began: float = 0.0
    code: int | None = None
    ended: float = 0.0
    message: str = ""
    finished: bool = False
    killed: bool = False
    lost: bool = False
    lingers: bool = False
    accepted: list[CheckedReport] = field(default_factory=list)
    left: list[CheckedReport] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Kubelet:
    """All nodes of the cluster.

    Parameters
    ----------
    program_of
        What the trainer of a pod does.
    post
        How a sidecar reports.
    pace
        Seconds a step.
    """

    def __init__(
        self,
        api: ApiServer,
        rnd: random.Random,
        program_of: Callable[[Object], Program],
        post: Post,
        pace: float = 0.5,
    ) -> None:
        self._api = api
        self._rnd = rnd
        self._program_of = program_of
        self._post = post
        self._pace = pace
        self.processes: dict[str, Process] = {}
        self.running: dict[str, asyncio.Task[None]] = {}

    def step(self) -> None:
        """Start what is not started, and tell again what etcd has forgotten."""
        for pod in self._api.of("pods"):
            uid = pod["metadata"]["uid"]
            if uid in self.running or pod_over(pod):
                continue
            if "unpullable" in str(pod.get("spec")):
                if "deletionTimestamp" in pod["metadata"]:  # it has no process to wait for
                    self._api.vanish(POD, pod)
                continue
            process = self.processes.get(uid)
            if process is not None and process.code is not None:
                self._tell(uid)
            else:
                task = asyncio.get_running_loop().create_task(self._run(uid, pod))
                self.running[uid] = task
                task.add_done_callback(lambda _, uid=uid: self.running.pop(uid, None))

    def disrupt(self, pod: Object, reason: str, by: str) -> None:
        """Drain a pod's node: its condition first, then its deletion."""
        meta = pod["metadata"]
        true = {"type": "DisruptionTarget", "status": "True", "reason": reason}
        patch = {"status": {"conditions": [true]}}
        self._api.merge(POD, meta["namespace"], meta["name"], patch, "node", "status")
        self._api.remove(POD, meta["namespace"], meta["name"], by)

    def reboot(self, pod: Object) -> None:
        """Reboot a pod's node: it comes back and knows nothing of what ran on it."""
        uid = pod["metadata"]["uid"]
        process, task = self.processes.get(uid), self.running.get(uid)
        if process is None or process.code is not None or task is None:
            return
        task.cancel()
        process.lost = True
        self._end(uid, process, 137)

    def forget(self, left: set[str]) -> None:
        """Forget the processes of pods that are not left."""
        for uid in self.processes.keys() - left - self.running.keys():
            del self.processes[uid]

    def stop(self) -> None:
        """End the nodes with the run."""
        for task in list(self.running.values()):
            task.cancel()

    async def _run(self, uid: str, pod: Object) -> None:
        process = self.processes.setdefault(uid, Process(self._program_of(pod)))
        program = process.program
        await asyncio.sleep(self._pace * self._rnd.uniform(0.1, 1.0))
        if program.refused:
            process.code = -1
            self._tell(uid)
            return
        process.began = process.began or self._api.clock()
        self._tell(uid)
        process.killed = program.killed
        while process.step < len(program.values) // (2 if program.killed else 1):
            told = await self._told_to_end(uid, self._pace * self._rnd.uniform(0.5, 1.5))
            if told:
                await asyncio.sleep(self._rnd.uniform(0.0, 1.0))
                process.killed = False
                self._end(uid, process, 0 if program.deaf else 143)
                return
            await self._step(pod, process)
        process.finished = not program.killed
        process.lingers = program.beside
        self._end(uid, process, 0 if program.killed else program.code)
        while process.lingers:
            process.lingers = not await self._told_to_end(uid, self._pace)
        self._tell(uid)

    async def _step(self, pod: Object, process: Process) -> None:
        """Report the next value, or try it again."""
        program = process.program
        step = process.step + 1
        report = CheckedReport("accuracy", step, program.values[step - 1])
        if program.last_words and step == len(program.values):
            process.left.append(report)
            process.message = (
                f'{{"espalier": 1, "reports": [["accuracy", {step}, {report.value}]], "lost": 0}}'
            )
            process.step = step
            return
        try:
            await self._post(pod, report)
        except RetryLater as error:
            await asyncio.sleep(min(error.after or 0.2, 2.0))
            return
        except ReportError as error:
            process.refused.append(error.code)
            process.step = step
            return
        process.accepted.append(report)
        process.step = step

    async def _told_to_end(self, uid: str, seconds: float) -> bool:
        """Train for a while; whether the pod is being deleted, or gone, then."""
        await asyncio.sleep(seconds)
        pod = self._api.by_uid("pods", uid)
        return pod is None or "deletionTimestamp" in pod["metadata"]

    def _end(self, uid: str, process: Process, code: int) -> None:
        process.code, process.ended = code, self._api.clock()
        self._tell(uid)

    def _tell(self, uid: str) -> None:
        """Write a pod's status; one that etcd knows no more is of no interest."""
        pod = self._api.by_uid("pods", uid)
        if pod is None:
            return
        meta, process = pod["metadata"], self.processes[uid]
        patch = {"status": _status(process)}
        self._api.merge(POD, meta["namespace"], meta["name"], patch, "kubelet", "status")


def _status(process: Process) -> Object:
    if process.program.refused:
        return {"phase": "Failed", "reason": "OutOfcpu", "message": "not enough cpu"}
    began = timestamp(process.began)
    if process.code is None:
        running = {"running": {"startedAt": began}}
        return {
            "phase": "Running",
            "startTime": began,
            "initContainerStatuses": [{"name": SIDECAR, "state": running}],
            "containerStatuses": [{"name": "trainer", "state": running}],
        }
    times = {"startedAt": began, "finishedAt": timestamp(process.ended)}
    reason = "Completed" if process.code == 0 else "Error"
    reason = "ContainerStatusUnknown" if process.lost else reason
    reason = "OOMKilled" if process.killed else reason
    trainer = {"terminated": {**times, "exitCode": process.code, "reason": reason}}
    containers = [{"name": "trainer", "state": trainer}]
    if process.program.beside:
        killed = {"terminated": {**times, "exitCode": 137, "reason": "Error"}}
        runs = {"running": {"startedAt": began}}
        containers.append({"name": "proxy", "state": runs if process.lingers else killed})
    if process.lingers:
        sidecar: Object = {"running": {"startedAt": began}}
        phase = "Running"
    else:
        sidecar = {"terminated": {**times, "exitCode": 0, "message": process.message}}
        good = process.code == 0 and not process.program.beside
        phase = "Succeeded" if good else "Failed"
    return {
        "phase": phase,
        "startTime": began,
        "initContainerStatuses": [{"name": SIDECAR, "state": sidecar}],
        "containerStatuses": containers,
    }
