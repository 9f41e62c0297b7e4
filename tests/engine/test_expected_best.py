"""The best of a noisy study in the simulated cluster, and after the operator has started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

VALUES = {
    0: (0.70, 0.90, 0.72, 0.88, 0.71, 0.70),
    1: (0.85, 0.84, 0.86, 0.85, 0.84, 0.85),
    2: (0.70, 0.50, 0.72, 0.50, 0.49, 0.95),
    3: (0.60, 0.40, 0.61, 0.42, 0.60, 0.50),
}
"""What each trial reports: trial 2 has the best last value, by luck."""


def noisy(pod: Object) -> Program:
    return Program(VALUES[int(pod["metadata"]["labels"]["espalier.dev/trial-number"])])


def begin(world: World) -> None:
    world.study(
        trials={"max": 4, "parallelism": 2},
        resource={"name": "epoch", "max": 6},
        pruner={"type": "Nop"},
    )
    world.start()


def best_of(world: World) -> Object:
    study = world.api.find("studies", "s")
    assert study is not None
    found: Object = study["status"]["best"]
    return found


def test_a_lucky_last_value_does_not_make_the_best_trial(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        begin(world)
        await world.until("the end", world.over)
        await world.settle(12.0)
        best = best_of(world)
        assert (best["number"], best["value"]) == (1, 0.85)
        assert best["lastBest"] == {"number": 2, "value": 0.95}
        assert best["expectedLow"] <= best["expected"] <= best["expectedHigh"]
        assert 0.0 < best["sure"] <= 1.0

    tell(tmp_path, story, program_of=noisy)


@pytest.mark.parametrize("ended", [1, 3, 4])
def test_an_operator_that_starts_again_says_the_same(tmp_path: Path, ended: int) -> None:
    said: list[Object] = []

    async def undisturbed(world: World) -> None:
        begin(world)
        await world.until("the end", world.over)
        await world.settle(12.0)
        said.append(best_of(world))

    async def disturbed(world: World) -> None:
        begin(world)
        await world.until(f"{ended} ended", lambda: _ended(world) >= ended)
        await world.kill()
        world.start()
        await world.until("the end", world.over)
        await world.settle(12.0)
        said.append(best_of(world))

    for story in (undisturbed, disturbed):
        folder = tmp_path / story.__name__
        folder.mkdir()
        tell(folder, story, program_of=noisy)
    assert said[0] == said[1]
    assert said[0]["number"] == 1


def _ended(world: World) -> int:
    study = world.api.find("studies", "s") or {}
    counts = (study.get("status") or {}).get("counts") or {}
    return int(counts.get("completed", 0))
