"""What goes wrong in the cluster during a run, at the rates of its faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from espalier.errors import RetryLater
from espalier.kube import STUDY, Conflict, NotFound, Refused
from tests.simulation.api_server import Object
from tests.simulation.people import People
from tests.simulation.tenants import Tenants
from tests.simulation.world import World

_BEAT = 0.25
_ANSWERS = (RetryLater, NotFound, Conflict, Refused)
"""What people and tenants are answered when they come at the wrong moment."""


class Chaos:
    """Lets every kind of fault strike by chance until it is stopped."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._people = People(world)
        self.tenants = Tenants(world)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Let the faults begin."""
        faults = self._world.faults
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "kills": self._kill,
            "unserved": self._unserve,
            "restores": self._restore,
            "drains": self._drain,
            "reboots": self._reboot,
            "breaks": self._break,
            "people": self._people.act,
            "brakes": self._people.brake,
            "prunings": self._people.prune,
            "stops": self._people.stop,
            "farewells": self._people.delete_study,
            "tenants": self.tenants.act,
            "jumps": self._set_clock,
        }
        for name, act in kinds.items():
            if getattr(faults, name):
                self._tasks.append(asyncio.ensure_future(self._strike(name, act)))

    async def stop(self) -> None:
        """End all faults, and leave the cluster and the operator whole."""
        self._world.faults.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for task in self._tasks:
            if not task.cancelled() and task.exception() is not None:
                raise RuntimeError("a fault went wrong") from task.exception()
        self._world.api.unserved_groups.clear()
        self._world.controllers.ttl = None
        if self._world.operator is None:
            self._world.start()

    async def _strike(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            if self._world.rnd.random() < getattr(self._world.faults, name) * _BEAT:
                with contextlib.suppress(*_ANSWERS):
                    await act()

    async def _kill(self) -> None:
        world = self._world
        await world.kill()
        if world.faults.ttl:
            world.controllers.ttl = world.faults.ttl
        await asyncio.sleep(world.rnd.uniform(0.05, 5.0))
        world.controllers.ttl = None
        world.start()

    async def _set_clock(self) -> None:
        self._world.clock_ahead = self._world.rnd.uniform(-3600.0, 3600.0)

    async def _unserve(self) -> None:
        group = STUDY.group
        api = self._world.api
        api.unserved_groups.add(group)
        for watch in list(api.watches):
            watch.broken()
        await asyncio.sleep(self._world.rnd.uniform(0.2, 3.0))
        api.unserved_groups.discard(group)

    async def _restore(self) -> None:
        """Take a backup, and go back to it a while later."""
        api = self._world.api
        backup = api.backup()
        await asyncio.sleep(self._world.rnd.uniform(0.5, 6.0))
        api.restore(backup)
        self._world.history.restored(api)

    async def _drain(self) -> None:
        world = self._world
        for pod in self._one_that_runs():
            world.history.caused(pod["metadata"]["uid"], "drained")
            world.kubelet.disrupt(pod, "EvictionByEvictionAPI", "node")

    async def _reboot(self) -> None:
        for pod in self._one_that_runs():
            self._world.kubelet.reboot(pod)

    def _one_that_runs(self) -> list[Object]:
        pods = [pod for pod in self._world.api.of("pods", "n") if _runs(pod)]
        return [self._world.rnd.choice(pods)] if pods else []

    async def _break(self) -> None:
        operator = self._world.operator
        if operator is not None and operator.streams:
            self._world.rnd.choice(list(operator.streams.values())).broken()


def _runs(pod: dict[str, object]) -> bool:
    status, meta = pod.get("status"), pod.get("metadata")
    return (
        isinstance(status, dict)
        and isinstance(meta, dict)
        and status.get("phase") == "Running"
        and "deletionTimestamp" not in meta
    )
