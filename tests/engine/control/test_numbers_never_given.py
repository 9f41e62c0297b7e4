"""A number that no trial was given has no ending, whatever Trials people place and delete."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from espalier.kube import TRIAL, Kind
from tests.simulation.telling import good_program, tell
from tests.simulation.world import World


@pytest.mark.parametrize("number", [50, 5], ids=["beyond the first", "amid the first"])
@pytest.mark.parametrize("down", [False, True], ids=["while it looks on", "while it is down"])
def test_a_hand_made_trial_that_is_deleted_ends_alone(
    number: int, down: bool, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 100, "parallelism": 2})
        world.start()
        await world.until("two trials", lambda: len(world.api.of("trials")) >= 2)
        world.place(f"s-{number}")
        await world.until("its value", lambda: any(_accepted(world, number)))
        if down:
            await world.kill()
        world.delete(TRIAL, f"s-{number}")
        if down:
            world.start()
        await world.settle()
        assert number in world.ended()

    tell(tmp_path, story, program_of=good_program)


def _accepted(world: World, number: int) -> list[bool]:
    processes = world.kubelet.processes
    uids = [pod["metadata"]["uid"] for pod in world.pods_of(number)]
    return [bool(processes[uid].accepted) for uid in uids if uid in processes]


@pytest.mark.parametrize("unseen", [False, True], ids=["seen", "unseen"])
def test_a_trial_deleted_and_placed_by_hand_at_once_costs_no_more_than_itself(
    unseen: bool, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 4, "parallelism": 2})
        operator = world.start()
        await world.until("a value", lambda: world.reported(1))
        world.faults.dropped = 1.0 if unseen else 0.0
        world.delete(TRIAL, "s-1")
        world.place("s-1")
        await asyncio.sleep(1.0)
        world.faults.dropped = 0.0
        before = operator.cluster.asked.total()
        for _ in range(25):
            await asyncio.sleep(1.0)
            assert operator.cluster.asked.total() - before < 500
        await world.until("the end of the Study", world.over)

    tell(tmp_path, story, program_of=good_program)


@pytest.mark.parametrize("number", [7, 50, 99], ids=str)
def test_a_copy_of_a_sampled_trial_under_another_number_ends_no_other(
    number: int, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 100, "parallelism": 2})
        world.start()
        await world.until("two trials", lambda: len(world.api.of("trials")) >= 2)
        original = world.api.find("trials", "s-0")
        assert original is not None
        spec = {**original["spec"], "number": number}
        world.create(TRIAL, {"metadata": {"name": f"s-{number}"}, "spec": spec})
        await world.settle()
        world.delete(TRIAL, f"s-{number}")
        await world.settle()

    tell(tmp_path, story, program_of=good_program)


def test_a_trial_placed_just_before_its_number_is_given_takes_its_place(tmp_path: Path) -> None:
    """The operator does not see it before it creates its own, which is answered with a conflict."""

    async def story(world: World) -> None:
        async def before(verb: str, kind: Kind, name: str, _subresource: str) -> None:
            unplaced = world.api.find("trials", "s-2") is None
            if (verb, kind, name) == ("create", TRIAL, "s-2") and unplaced:
                world.place("s-2")

        world.study(trials={"max": 4, "parallelism": 2})
        world.start(before)
        await world.ends_well(4)
        assert set(world.ended()) == set(range(4))
        assert "Completed" in world.ended()[2]

    tell(tmp_path, story, program_of=good_program)
