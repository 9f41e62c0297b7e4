"""The cluster, its nodes and the operator together; `settle` and `until` let it live."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from espalier.engine.reports.submission import CheckedReport
from espalier.errors import RetryLater
from espalier.kube import POD, STUDY, TRIAL, Kind
from espalier.planning.world.names import NUMBER_LABEL
from espalier.planning.world.status_words import condition_of
from tests.simulation import objects
from tests.simulation.api_server import ApiServer, Object, controller_of, pod_over
from tests.simulation.clock import now
from tests.simulation.controllers import Controllers, finished
from tests.simulation.faults import Faults
from tests.simulation.history import History
from tests.simulation.kubelet import Kubelet, Program
from tests.simulation.operator import Operator
from tests.simulation.wire import Hook

PATIENCE = 300.0


def usual_program(pod: Object) -> Program:
    """Return a trainer of five good values; every third trial falls below 0 at step 3."""
    text = (pod["metadata"].get("labels") or {}).get(NUMBER_LABEL, "0")
    number = int(text) if text.isdigit() else 0
    bad = number % 3 == 0
    return Program(tuple(-1.0 if bad and s >= 3 else 0.1 * s + number / 1e3 for s in range(1, 6)))


class World:
    """A cluster with one Study in it, and one operator that may be down.

    Parameters
    ----------
    program_of
        What the trainers do.
    """

    def __init__(
        self,
        folder: Path,
        rnd: random.Random,
        faults: Faults | None = None,
        program_of: Callable[[Object], Program] = usual_program,
    ) -> None:
        self.rnd = rnd
        self.faults = faults or Faults()
        self.folder = folder
        self.history = History()
        self.api = ApiServer(now, self.history.written)
        self.controllers = Controllers(self.api)
        self.kubelet = Kubelet(self.api, rnd, program_of, self.post)
        self.operator: Operator | None = None
        self.crashes: list[str] = []
        self.clock_ahead = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    # -- life -------------------------------------------------------------------------------

    async def __aenter__(self) -> World:
        """Bring up the cluster, without an operator."""
        self._tasks.append(asyncio.ensure_future(self._tick()))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Take everything down."""
        await self.kill()
        for task in self._tasks:
            if task.done():
                task.result()  # the cluster itself has failed
            task.cancel()
        self.kubelet.stop()
        await asyncio.wait([*self._tasks, *self.kubelet.running.values()])

    async def _tick(self) -> None:
        while True:
            self.controllers.step()
            self.kubelet.step()
            self._note_endings()
            await asyncio.sleep(self.rnd.uniform(0.02, 0.2))

    def start(self, before: Hook | None = None, after: Hook | None = None) -> Operator:
        """Start an operator on the store that the last one left; see `PlayedCluster`."""
        self.operator = Operator(
            self.api, self.folder, self.faults, self.rnd, before, after, self.wall
        )
        self.operator.start()
        return self.operator

    def wall(self) -> float:
        """Return what the clock of the operator's machine shows; `clock_ahead` sets it."""
        return now() + self.clock_ahead

    async def kill(self) -> None:
        """Kill the operator, if it is up."""
        if self.operator is not None:
            operator, self.operator = self.operator, None
            self.crashes += [repr(error) for error in operator.failed]
            await operator.kill()

    async def post(self, pod: Object, report: CheckedReport) -> None:
        """Report a value to whichever operator is up."""
        if self.operator is None:
            raise RetryLater("nobody listens")
        await self.operator.post(pod, report)

    def _note_endings(self) -> None:
        for uid, process in self.kubelet.processes.items():
            if process.step == len(process.program.values):
                self.history.caused(uid, "trained")
            if process.killed and process.code is not None:
                self.history.caused(uid, "killed")
            if process.finished:
                self.history.caused(uid, "finished" if process.program.code == 0 else "failed")

    def forget(self) -> None:
        """Forget what happened to objects that are gone, so that only the operator remembers."""
        left = {obj["metadata"]["uid"] for obj in self.api.objects.values()}
        self.kubelet.forget(left)
        self.history.forget(left)
        if self.operator is not None:
            self.operator.cluster.asked.clear()

    # -- waiting ----------------------------------------------------------------------------

    async def until(self, what: str, probe: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Wait until the answer is true."""
        end = now() + patience
        while not (seen := probe()):
            assert now() < end, f"waited {patience:.0f} s for {what}"
            await asyncio.sleep(0.05)
        return seen

    async def settle(self, seconds: float = 25.0) -> None:
        """Let two resyncs pass: what is not done by then is not going to be done."""
        await asyncio.sleep(seconds)

    # -- what people do and see ---------------------------------------------------------------

    def create(self, kind: Kind, body: Object, namespace: str = "n") -> Object:
        """Create an object as a person."""
        return self.api.create(kind, namespace, body, "person")

    def change(self, kind: Kind, name: str, patch: Object, namespace: str = "n") -> None:
        """Patch an object as a person."""
        self.api.merge(kind, namespace, name, patch, "person")

    def delete(self, kind: Kind, name: str, namespace: str = "n") -> None:
        """Delete an object as a person; what he thereby ends is his doing."""
        obj = self.api.objects[kind.plural, namespace, name]
        self.history.caused(obj["metadata"]["uid"], "person")
        self.api.remove(kind, namespace, name, "person")

    def study(self, **spec: Any) -> Object:
        """Create the Study."""
        self.history.limited = "budget" in spec
        return self.create(STUDY, objects.study(**spec))

    def stuck(self, pod: Object) -> None:
        """Have a pod's image be nowhere."""
        meta = pod["metadata"]
        patch = {"status": objects.stuck()}
        self.history.caused(meta["uid"], "unpullable")
        self.api.merge(POD, meta["namespace"], meta["name"], patch, "kubelet", "status")

    def place(self, name: str, **more: Any) -> Object:
        """Create a Trial by hand."""
        return self.create(TRIAL, objects.hand_made(name, **more))

    def condition(self, kind: str, name: str, type_: str) -> dict[str, Any]:
        """Return a condition of an object, empty where it has none."""
        obj = self.api.find(kind, name) or {}
        return dict(condition_of(obj.get("status") or {}, type_) or {})

    def over(self) -> bool:
        """Whether the Study, as it is, has come to its end."""
        said = self.condition("studies", "s", "Succeeded")
        generation = (self.api.find("studies", "s") or {"metadata": {}})["metadata"].get(
            "generation"
        )
        ended = said.get("status") in ("True", "False")
        return ended and said.get("observedGeneration") == generation

    def reason(self, number: int) -> str:
        """Return why a trial has ended; empty while it goes on."""
        said = self.condition("trials", f"s-{number}", "Finished")
        return str(said.get("reason", "")) if said.get("status") == "True" else ""

    def reported(self, values: int = 1) -> bool:
        """Whether any trainer was told of so many values that they are stored."""
        return any(len(each.accepted) >= values for each in self.kubelet.processes.values())

    def ended(self) -> dict[int, str]:
        """Return the reasons of all endings in the store, by number, of the newest Study."""
        newest = "SELECT trial, reason FROM ends WHERE study = (SELECT max(id) FROM studies)"
        with closing(sqlite3.connect(self.folder / "espalier.db")) as database:
            return dict(database.execute(newest))

    async def ends_well(self, trials: int = 8) -> None:
        """Wait for the end of the Study; each trial must have ended as its trainer did."""
        await self.until("the end of the Study", self.over)
        await self.settle()
        reasons = {self.reason(number) for number in range(trials)}
        assert reasons <= {"Completed", "Pruned"}, reasons

    def pods_of(self, number: int) -> list[Object]:
        """Return the rightful pods of a trial."""
        job = self.api.find("jobs", f"s-{number}")
        uid = job["metadata"]["uid"] if job else None
        return [pod for pod in self.api.of("pods", "n") if controller_of(pod).get("uid") == uid]

    def running(self) -> set[str]:
        """Return the uids of the Trials that have a Job at work, or a pod with processes."""
        jobs = [job for job in self.api.of("jobs") if not finished(job)]
        pods = [pod for pod in self.api.of("pods") if not pod_over(pod)]
        ours = [each["metadata"]["uid"] for each in [*jobs, *pods]]
        return {self.history.trial_of(uid) for uid in ours if self.history.ours(uid)}
