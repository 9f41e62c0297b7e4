"""Studies that are gone leave nothing in memory; `tests/bench/test_soak.py` has a thousand."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.census import grown
from tests.simulation.soak import held, run_studies
from tests.simulation.telling import tell_without_laws
from tests.simulation.world import World

STUDIES = 20


def test_studies_that_are_gone_leave_nothing_in_any_container(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        operator = world.start()
        await world.until("the watches", lambda: operator.ready)
        # The first leaves what is of its namespace, whose rows are kept for a while.
        await run_studies(world, 1)
        await world.settle(130.0)
        before = held(world)
        await run_studies(world, STUDIES, at_once=5)
        await world.settle(130.0)
        assert grown(before, held(world)) == {}

    tell_without_laws(tmp_path, story)


def test_studies_that_are_gone_are_not_read_at_a_start(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.start()
        await run_studies(world, 3)
        await world.kill()
        operator = world.start()
        await world.until("the watches", lambda: operator.ready)
        await world.settle()
        fresh = {path: size for path, size in held(world).items() if path.startswith("live.")}
        assert sum(fresh.values()) == 0

    tell_without_laws(tmp_path, story)
