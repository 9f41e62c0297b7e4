"""A trainer ends in the moment in which its last value has it pruned: one ending, nothing lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.simulation.api_server import Object
from tests.simulation.faults import Faults
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

_BEFORE_THE_LAST = (0.1, 0.2, 0.3)


def _bad_at_the_end(_pod: Object) -> Program:
    return Program((*_BEFORE_THE_LAST, -1.0))


@pytest.mark.parametrize("seed", range(20))
def test_a_completion_races_a_pruning(seed: int, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        # What is seen of the pod may come before what its last value has caused, or after.
        world.faults.__dict__.update(vars(Faults(slow=0.1, late=0.2, commits=0.02)))
        world.study(resource={"name": "epoch", "max": 5})
        world.start()
        await world.until("the end of the Study", world.over)
        world.faults.stop()
        await world.settle()
        ended = world.ended()
        assert set(ended) == set(range(8))
        assert set(ended.values()) == {"Pruned"}  # a stored decision comes before an exit code
        with closing(sqlite3.connect(world.folder / "espalier.db")) as database:
            stored = database.execute(
                "SELECT trial, count(DISTINCT step) FROM observations GROUP BY 1"
            )
            assert dict(stored.fetchall()) == dict.fromkeys(range(8), 4)

    tell(tmp_path, story, program_of=_bad_at_the_end, seed=seed)
