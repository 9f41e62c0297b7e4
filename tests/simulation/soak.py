"""Many short studies, made, run, ended and deleted one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from espalier.kube import STUDY
from tests.simulation import objects
from tests.simulation.census import census
from tests.simulation.world import World

TRIALS = 3


async def run_studies(
    world: World, count: int, at_once: int = 10, each: Callable[[int], None] | None = None
) -> None:
    """Run so many studies, some at once; ``each`` is told how many are done after each."""
    numbers = iter(range(count))
    done = 0

    async def some() -> None:
        nonlocal done
        for number in numbers:
            await _one(world, f"study-{number}")
            done += 1
            world.forget()
            if each is not None:
                each(done)

    await asyncio.gather(*(some() for _ in range(at_once)))


async def _one(world: World, name: str) -> None:
    trials = {"max": TRIALS, "parallelism": 2, "maxFailed": 99, "retries": 2}
    world.create(STUDY, objects.study(name, trials=trials))

    def over() -> bool:
        return world.condition("studies", name, "Succeeded").get("status") == "True"

    def gone() -> bool:
        return all(not key[2].startswith(f"{name}-") for key in world.api.objects)

    await world.until(f"the end of {name}", over)
    await asyncio.sleep(world.rnd.uniform(0.5, 5.0))
    world.delete(STUDY, name)
    await world.until(f"{name} to go", gone)


def held(world: World) -> dict[str, int]:
    """Return how much the operator holds."""
    operator = world.operator
    assert operator is not None
    parts = {
        "reconciler": operator.reconciler,
        "live": operator.live,
        "lookup": operator.lookup,
        "resync": operator.resync,
    }
    return census(parts, operator.registry)
