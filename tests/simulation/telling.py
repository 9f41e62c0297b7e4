"""Stories: one exact course of events each, told in the simulated cluster."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.simulation.api_server import Object
from tests.simulation.clock import play
from tests.simulation.kubelet import Program
from tests.simulation.oracle import violations
from tests.simulation.world import World, usual_program

Story = Callable[[World], Awaitable[None]]


def good_program(_pod: Object) -> Program:
    """Return a trainer of five good values."""
    return Program(tuple(0.1 * step for step in range(1, 6)))


def tell(
    folder: Path,
    story: Story,
    *,
    program_of: Callable[[Object], Program] = usual_program,
    deleted: bool = False,
    seed: int = 1,
) -> None:
    """Tell a story in a cluster that has nothing in it yet; no law may be broken at its end.

    Parameters
    ----------
    deleted
        Whether the Study is deleted in the story.
    """

    async def lawful(world: World) -> None:
        await story(world)
        broken = list(violations(world, deleted=deleted))
        assert not broken, "\n".join(broken)

    tell_without_laws(folder, lawful, program_of=program_of, seed=seed)


def tell_without_laws(
    folder: Path,
    story: Story,
    *,
    program_of: Callable[[Object], Program] = usual_program,
    seed: int = 1,
) -> None:
    """Tell a story in a cluster that has nothing in it yet, and leave its judgement to it."""

    async def told(rnd: random.Random) -> None:
        async with World(folder, rnd, program_of=program_of) as world:
            await story(world)

    play(seed, told)


def lone_program(lone: int) -> Callable[[Object], Program]:
    """Return good trainers, but for one trial whose third value falls below 0."""

    def program_of(pod: Object) -> Program:
        number = (pod["metadata"].get("labels") or {}).get("espalier.dev/trial-number")
        if number != str(lone):
            return good_program(pod)
        return Program((0.1, 0.2, -1.0, -1.0, -1.0))

    return program_of
