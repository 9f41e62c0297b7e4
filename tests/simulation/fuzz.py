"""One fuzzed run: a Study lives through faults, then through peace, and the oracle looks at it."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulation.api_server import Object, Write
from tests.simulation.chaos import Chaos
from tests.simulation.clock import now, play
from tests.simulation.faults import Faults, drawn
from tests.simulation.kubelet import Program
from tests.simulation.oracle import violations
from tests.simulation.people import People
from tests.simulation.world import World, usual_program

PARALLELISM = 3
_OVERSHOOT = 15.0
"""Seconds for which more trials may run than are allowed: a resync may have to find it out."""
_LOOK, _MOST_ASKED = 5.0, 500
"""Seconds, and the most requests in them: the operator's own limit is 50 a second and 100 more."""
MEMORY = Path("/dev/shm")


@dataclass
class Run:
    """What came of a seed: the laws that were broken, and all that the operator wrote."""

    seed: int
    faults: str
    broken: list[str] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)

    def __str__(self) -> str:
        """Say what a person needs to run it again."""
        lines = [f"seed {self.seed} ({self.faults})", *(f"  - {each}" for each in self.broken)]
        return "\n".join(lines)


def fuzzed(seed: int, without: frozenset[str] = frozenset()) -> Run:
    """Run a seed; ``without`` names kinds of faults that are left out."""
    return run_with(drawn(random.Random(seed), without), seed)


def run_with(faults: Faults, seed: int, **spec: Any) -> Run:
    """Run a seed with these faults; ``spec`` takes the place of parts of the Study's."""
    run = Run(seed, str(faults))
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder, _unexpected(run.broken):
        play(seed, lambda rnd: _story(Path(folder), rnd, faults, run, spec))
    return run


async def _story(
    folder: Path, rnd: random.Random, faults: Faults, run: Run, spec: dict[str, Any]
) -> None:
    broken = run.broken
    deaf = random.Random(rnd.random())

    def program_of(pod: Object) -> Program:
        return _varied(pod, deaf, faults)

    async with World(folder, rnd, faults, program_of) as world:
        run.writes = world.history.writes
        watching = asyncio.ensure_future(_watch_parallelism(world, broken))
        chaos = Chaos(world)
        trials = {"max": 8, "parallelism": PARALLELISM, "maxFailed": 99, "retries": 2}
        world.study(**{"trials": trials} | spec)
        world.start()
        chaos.start()
        living = asyncio.ensure_future(_live(world, chaos, watching, broken))
        hasty = asyncio.ensure_future(_watch_haste(world))
        await asyncio.wait([living, hasty], return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            hasty.cancel()
            living.result()
        else:
            living.cancel()
            broken.append(hasty.result())
            await asyncio.wait([living])
            await chaos.stop()


async def _live(
    world: World, chaos: Chaos, watching: asyncio.Task[None], broken: list[str]
) -> None:
    """Live through the faults, then through peace, and be judged."""
    await asyncio.sleep(world.rnd.uniform(5.0, 25.0))
    await chaos.stop()
    watching.cancel()
    if _deleted(world):
        await _gone(world, broken)
        return
    await _peace(world, broken)
    broken.extend(violations(world))
    if world.rnd.random() < 0.3:
        await People(world).delete_study(again=False)
        await _gone(world, broken)


async def _watch_haste(world: World) -> str:
    """Return what the operator asks again and again, faster than any API server lets it."""
    while True:
        operator = world.operator
        before = operator.cluster.asked.copy() if operator else Counter()
        await asyncio.sleep(_LOOK)
        if operator is world.operator and operator is not None:
            asked = operator.cluster.asked - before
            if asked.total() > _MOST_ASKED:
                return f"asked {asked.total()} times in {_LOOK:.0f} s: {asked.most_common(2)}"


def _varied(pod: Object, rnd: random.Random, faults: Faults) -> Program:
    """Let some trainers fail, leave last words, or have something befall them by the faults."""
    usual = usual_program(pod)
    code = 1 if rnd.random() < 0.05 else 0
    return Program(
        usual.values,
        code=code,
        last_words=rnd.random() < 0.1,
        deaf=rnd.random() < faults.deaf,
        killed=rnd.random() < faults.ooms,
        beside=rnd.random() < faults.beside,
        refused=rnd.random() < faults.refusals,
    )


async def _peace(world: World, broken: list[str]) -> None:
    """Without faults every run comes to its end; at times the operator is new by then."""
    if world.rnd.random() < 0.3:
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


def _deleted(world: World) -> bool:
    return world.api.find("studies", "s") is None or not world.api.namespaces.get("n", False)


async def _gone(world: World, broken: list[str]) -> None:
    """Wait until all that was the Study's is gone: its rows stay for a while."""
    try:
        await world.until("the objects to go", lambda: not _left(world))
    except AssertionError as error:
        broken.append(f"after its deletion: {error}")
    await world.settle()
    broken.extend(f"after its deletion: {each}" for each in violations(world, deleted=True))


def _left(world: World) -> list[Object]:
    return [
        obj
        for obj in world.api.objects.values()
        if obj["metadata"]["namespace"] == "n" and not _foreign(world, obj)
    ]


def _foreign(world: World, obj: Object) -> bool:
    if obj["kind"] == "Trial":  # one that nobody adopted is its maker's
        return not obj["metadata"].get("ownerReferences")
    return obj["kind"] in ("Job", "Pod") and not world.history.ours(obj["metadata"]["uid"])


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
