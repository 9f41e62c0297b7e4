"""A simulated study with every kind of ending is exported as its objects say it is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from espalier.pruning import is_repeat, repeat_of
from tests.cli.agreeing import assert_agreeing
from tests.planning.worlds import spec_dict
from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell_without_laws
from tests.simulation.world import World
from tests.store.storing import url_of

WAYS = {
    *("Pending", "Running", "Completed", "Pruned", "TrainerFailed", "OutOfMemory", "NoMetric"),
    *("KubeletRefused", "ParametersRefused", "repeat"),
}
GOOD = (0.1, 0.2, 0.3, 0.4, 0.5)
ENDINGS = (
    Program(GOOD),
    Program((0.1, 0.2, -1.0, -1.0, -1.0)),
    Program(GOOD[:2], code=1),
    Program((0.1, math.nan, math.nan, math.nan)),
    Program(GOOD, killed=True),
    Program(()),
    Program(GOOD, last_words=True),
    Program(GOOD, refused=True),
    Program((0.3, 0.2, 0.6)),
)


def ending(pod: Object) -> Program:
    """Return a trainer that ends in the way of its trial's number."""
    text = (pod["metadata"].get("labels") or {}).get("espalier.dev/trial-number", "0")
    repeat = repeat_of(int(text))
    if repeat is not None:
        return Program((0.5, 0.9))
    return ENDINGS[int(text) % len(ENDINGS)]


@pytest.mark.parametrize("seed", range(2))
def test_numbers_agree_in_the_midst_and_at_the_end(tmp_path: Path, seed: int) -> None:
    seen: set[str] = set()

    async def story(world: World) -> None:
        world.study(
            parameters=PARAMETERS,
            finalists={"count": 2, "repeats": 2},
            trials={"max": 12, "parallelism": 3, "maxFailed": 99, "retries": 1},
        )
        world.place("mine", lr=7.0)
        world.start()
        while not world.over():
            await world.settle(world.rnd.uniform(1.0, 9.0))
            check(world)
        await world.settle()
        check(world)

    def check(world: World) -> None:
        views = assert_agreeing(url_of(world.folder), "n/s", tmp_path)
        seen.update(view["reason"] or view["state"] for view in views)
        seen.update("repeat" for view in views if is_repeat(view["number"]))
        trials = {each["metadata"]["name"]: each for each in world.api.of("trials", "n")}
        for view in views:
            assert_as_its_object(view, trials.get(view["name"]))

    tell_without_laws(tmp_path, story, program_of=ending, seed=seed)
    assert seen >= WAYS, seen


def assert_as_its_object(view: dict[str, Any], trial: Object | None) -> None:
    """Compare with the Trial's status, where that is written already: it comes after the store."""
    status = (trial or {}).get("status") or {}
    if view["reason"] is None or status.get("phase") in (None, "Pending", "Running"):
        return
    assert status["phase"] == view["state"]
    assert status.get("latest") == view["latest"]
    assert status.get("step") == view["step"]


PARAMETERS = [
    *spec_dict()["parameters"],
    {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
    {
        "name": "momentum",
        "float": {"min": 0.0, "max": 0.99},
        "when": {"parameter": "optimizer", "in": ["sgd"]},
    },
    {"name": "width", "int": {"min": 8, "max": 64, "step": 8}},
]
