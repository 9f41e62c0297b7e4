"""Finalists in the simulated cluster: faults, deaths of the operator, and what comes of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from espalier.pruning import repeat_of
from tests.simulation.api_server import Object
from tests.simulation.faults import drawn
from tests.simulation.fuzz import run_with
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

FINALISTS = {"count": 2, "repeats": 3}
LUCK = {0: 0.1, 1: 0.9, 2: 0.8, 3: 0.2}
"""What each trial reports last at first: trial 1 wins by luck."""
QUALITY = {1: 0.5, 2: 0.75}
"""What its repeats report, with a little noise."""


def number_of(pod: Object) -> int:
    return int((pod["metadata"].get("labels") or {}).get("espalier.dev/trial-number", "0"))


def lucky(pod: Object) -> Program:
    """Return a trainer whose first run is no guide to the others."""
    repeat = repeat_of(number_of(pod))
    if repeat is None:
        last = LUCK.get(number_of(pod), 0.0)
    else:
        last = QUALITY.get(repeat.of, 0.0) + 0.01 * repeat.index
    return Program((last / 2, last))


def repeats(world: World) -> list[str]:
    return sorted(
        each["metadata"]["name"] for each in world.api.of("trials", "n") if "repeat" in each["spec"]
    )


def begin(world: World) -> None:
    world.study(
        finalists=FINALISTS,
        trials={"max": 4, "parallelism": 2, "maxFailed": 9},
        pruner={"type": "Nop"},
    )
    world.start()


NAMES = [f"s-{of}r{index}" for of in (1, 2) for index in (1, 2, 3)]


def assert_overturned(world: World) -> None:
    """What a study whose winner was lucky says at its end."""
    assert repeats(world) == NAMES
    study = world.api.find("studies", "s")
    assert study is not None
    best = study["status"]["best"]
    assert (best["number"], best["trial"], best["value"]) == (2, "s-2", 0.8)
    assert best["mean"] == pytest.approx(0.77)
    assert [each["number"] for each in study["status"]["finalists"]] == [1, 2]
    assert study["status"]["ended"] == "10/10"
    said = world.condition("studies", "s", "Succeeded")
    assert said["status"] == "True"
    assert "By 3 repeats, trial 2 is best: 0.77" in said["message"]
    assert "trial 1, which led with 0.9, has 0.52" in said["message"]


def test_a_lucky_winner_is_overturned(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        begin(world)
        await world.until("the end", world.over)
        await world.settle(12.0)
        assert_overturned(world)

    tell(tmp_path, story, program_of=lucky)


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_an_operator_that_dies_repeats_nothing_and_loses_nothing(
    tmp_path: Path, count: int
) -> None:
    async def story(world: World) -> None:
        begin(world)
        await world.until("the choice", lambda: _chosen(world))
        await world.until(f"{count} repeats", lambda: len(repeats(world)) >= count)
        await world.kill()
        world.start()
        await world.until("the end", world.over)
        await world.settle(12.0)
        assert_overturned(world)
        assert set(world.history.jobs_made.values()) == {1}

    tell(tmp_path, story, program_of=lucky)


def _chosen(world: World) -> bool:
    study = world.api.find("studies", "s") or {}
    return bool((study.get("status") or {}).get("finalists"))


@pytest.mark.parametrize("seed", range(6))
def test_no_law_is_broken_whatever_goes_wrong_with_finalists(seed: int) -> None:
    run = run_with(drawn(random.Random(seed)), seed, finalists=FINALISTS)
    assert not run.broken, str(run)
