"""One fuzzed run: a Study lives through faults, then through peace, and the oracle looks at it."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from espalier.kube import STUDY
from tests.simulation.api_server import Object
from tests.simulation.chaos import Chaos
from tests.simulation.clock import now, play
from tests.simulation.faults import Faults, drawn
from tests.simulation.kubelet import Program
from tests.simulation.oracle import violations
from tests.simulation.world import World, usual_program

PARALLELISM = 3
_OVERSHOOT = 15.0
"""Seconds for which more trials may run than are allowed: a resync may have to find it out."""
MEMORY = Path("/dev/shm")


@dataclass
class Run:
    """What came of a seed."""

    seed: int
    faults: str
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Say what a person needs to run it again."""
        lines = [f"seed {self.seed} ({self.faults})", *(f"  - {each}" for each in self.broken)]
        return "\n".join(lines)


def fuzzed(seed: int, without: frozenset[str] = frozenset()) -> Run:
    """Run a seed; ``without`` names kinds of faults that are left out."""
    return run_with(drawn(random.Random(seed), without), seed)


def run_with(faults: Faults, seed: int) -> Run:
    """Run a seed with these faults."""
    run = Run(seed, str(faults))
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        with _unexpected(run.broken):
            play(seed, lambda rnd: _story(Path(folder), rnd, faults, run.broken))
    return run


async def _story(folder: Path, rnd: random.Random, faults: Faults, broken: list[str]) -> None:
    deaf = random.Random(rnd.random())

    def program_of(pod: Object) -> Program:
        return _varied(pod, deaf, faults.deaf)

    async with World(folder, rnd, faults, program_of) as world:
        watching = asyncio.ensure_future(_watch_parallelism(world, broken))
        chaos = Chaos(world)
        world.study(trials={"max": 8, "parallelism": PARALLELISM, "maxFailed": 99, "retries": 2})
        world.start()
        chaos.start()
        await asyncio.sleep(rnd.uniform(5.0, 25.0))
        await chaos.stop()
        watching.cancel()
        await _peace(world, rnd, broken)
        broken.extend(str(each) for each in violations(world))
        if rnd.random() < 0.3:
            await _farewell(world, broken)


def _varied(pod: Object, rnd: random.Random, deaf: float) -> Program:
    """Let some trainers fail, leave last words, or end with 0 when they are told to."""
    usual = usual_program(pod)
    code = 1 if rnd.random() < 0.05 else 0
    return Program(
        usual.values,
        code=code,
        last_words=rnd.random() < 0.1,
        deaf=rnd.random() < deaf,
    )


async def _peace(world: World, rnd: random.Random, broken: list[str]) -> None:
    """Without faults every run comes to its end; at times the operator is new by then."""
    if rnd.random() < 0.3:
        await world.kill()
        world.start()
    try:
        await world.until("the end of the Study", world.over)
    except AssertionError:
        broken.append(f"the Study does not end: {_standing(world)}")
        return
    await world.settle(12.0)
    for trial in sorted(world.running()):
        broken.append(f"{trial} still runs though the Study is over")


async def _farewell(world: World, broken: list[str]) -> None:
    """Delete the Study, or its namespace: its rows stay for a while."""
    if world.rnd.random() < 0.5:
        world.delete(STUDY, "s")
    else:
        world.api.namespaces["n"] = False
    await world.until("the objects to go", lambda: not _left(world))
    await world.settle()
    before = len(broken)
    broken.extend(f"after its deletion: {each}" for each in violations(world, deleted=True))
    del broken[before + 5 :]


def _left(world: World) -> list[Object]:
    return [
        obj
        for obj in world.api.objects.values()
        if obj["metadata"]["namespace"] == "n" and not _foreign(world, obj)
    ]


def _foreign(world: World, obj: Object) -> bool:
    uid = obj["metadata"]["uid"]
    return obj["kind"] in ("Job", "Pod") and not world.history.ours(uid)


async def _watch_parallelism(world: World, broken: list[str]) -> None:
    since: float | None = None
    while True:
        await asyncio.sleep(0.25)
        running = world.running()
        over = len(running) > PARALLELISM
        since = (since if since is not None else now()) if over else None
        if since is not None and now() - since > _OVERSHOOT:
            broken.append(f"{len(running)} trials run for {_OVERSHOOT:.0f} s, allowed are 3")
            return


def _standing(world: World) -> str:
    study = world.api.find("studies", "s") or {}
    said = [
        f"{each.get('type')} {each.get('status')} {each.get('reason')}"
        for each in (study.get("status") or {}).get("conditions") or ()
    ]
    ended = {number: world.reason(number) for number in range(8)}
    return f"{said}, {ended}, crashes {world.crashes}"


@contextmanager
def _unexpected(broken: list[str]) -> Iterator[None]:
    """Take down exceptions that the operator only logs: each is a defect of it."""
    handler = _Exceptions(broken)
    log = logging.getLogger("espalier")
    level, propagate = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.ERROR)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagate


class _Exceptions(logging.Handler):
    def __init__(self, broken: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._broken = broken

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an exception, once a kind."""
        if record.exc_info and record.exc_info[1] is not None:
            said = f"an exception is logged: {record.exc_info[1]!r:.120}"
            if said not in self._broken:
                self._broken.append(said)
