"""What a Study tells of its best trial is told as long as it is there, settled or not."""

from __future__ import annotations

import random
from pathlib import Path

from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

STEPS = 30


def noisy(pod: Object) -> Program:
    """Return a trainer that grows better with its number, by less than its noise."""
    number = int(pod["metadata"]["labels"]["espalier.dev/trial-number"])
    rnd = random.Random(number)
    noise = [rnd.gauss(0, 0.05) for _ in range(STEPS)]
    return Program(
        tuple(0.5 + 0.02 * number - 0.4 * 0.8**step + each for step, each in enumerate(noise))
    )


def test_an_expected_value_is_told_when_nothing_of_its_trial_is_looked_at_any_more(
    tmp_path: Path,
) -> None:
    async def story(world: World) -> None:
        world.study(
            trials={"max": 8, "parallelism": 3, "maxFailed": 9},
            pruner={"type": "Nop"},
            resource={"name": "epoch", "max": STEPS},
        )
        world.start()
        await world.until("the end", world.over)
        for _ in range(3):
            await world.settle(30.0)
            study = world.api.find("studies", "s")
            assert study is not None
            best = study["status"]["best"]
            assert best["expectedLow"] < best["expected"] < best["expectedHigh"]
            if last := best.get("lastBest"):
                assert last["value"] is not None
        await world.kill()
        world.start()
        await world.settle(30.0)
        study = world.api.find("studies", "s")
        assert study is not None
        assert study["status"]["best"] == best, "a new operator says the same"

    tell(tmp_path, story, program_of=noisy)
