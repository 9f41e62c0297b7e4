"""The clock of the operator's machine is set: no limit passes, and nothing waits for it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from espalier.steady_clock import SteadyClock
from tests.simulation.api_server import Object
from tests.simulation.clock import now
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

JUMPS = pytest.mark.parametrize("jump", [-3600.0, 3600.0], ids=["back", "forward"])
LIMITED = {"max": 3, "parallelism": 3, "timeLimitSeconds": 1800}


def long_program(_pod: Object) -> Program:
    """Return a trainer of a hundred values, about fifty seconds of training."""
    return Program(tuple(0.5 for _ in range(100)))


@JUMPS
def test_time_goes_on_evenly_when_the_wall_clock_is_set(jump: float) -> None:
    wall, monotonic = [1000.0], [5.0]
    clock = SteadyClock(lambda: wall[0], lambda: monotonic[0])
    assert clock() == 1000.0
    wall[0] += jump
    assert clock() == 1000.0
    wall[0] += 2.0
    monotonic[0] += 2.0
    assert clock() == 1002.0


@JUMPS
def test_a_set_clock_is_told_of_once(jump: float, caplog: pytest.LogCaptureFixture) -> None:
    wall = [1000.0]
    clock = SteadyClock(lambda: wall[0], lambda: 5.0)
    with caplog.at_level(logging.WARNING):
        clock.tell_jump()
        assert not caplog.records
        wall[0] += jump
        clock.tell_jump()
        clock.tell_jump()
    (said,) = caplog.messages
    assert f"{jump:+.0f} s" in said


async def runs_on(world: World, jump: float, seconds: float, *, restarted: bool = False) -> None:
    """Set the clock while a study runs, maybe for a new operator; see the study come to its end.

    Parameters
    ----------
    seconds
        Within how many it must get on.
    """
    world.study(trials=LIMITED, resource={"name": "epoch", "max": 100})
    world.start()
    await world.until("the first value", world.reported)
    began = now()
    world.clock_ahead = jump
    if restarted:
        await world.kill()
        world.start()
    before = step_of(world)
    await world.until("further progress", lambda: step_of(world) > before + 5, seconds)
    await world.ends_well(3)
    assert now() - began < 200.0
    assert set(world.ended().values()) == {"Completed"}


@JUMPS
def test_a_study_runs_on_while_the_clock_is_set(jump: float, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await runs_on(world, jump, 30.0)

    tell(tmp_path, story, program_of=long_program)


@JUMPS
def test_an_operator_whose_clock_is_wrong_from_its_start_on_runs_a_study_all_the_same(
    jump: float, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        await runs_on(world, jump, 60.0, restarted=True)

    tell(tmp_path, story, program_of=long_program)


@JUMPS
def test_trials_begin_where_the_operators_clock_is_not_the_clusters(
    jump: float, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.clock_ahead = jump
        world.study()
        world.start()
        for number in range(3):
            name = f"s-{number}"
            await world.until(
                "a first status", lambda name=name: world.condition("trials", name, "Started"), 20.0
            )
        await world.ends_well()

    tell(tmp_path, story)


def step_of(world: World) -> int:
    """Return the step that the Trial says it is at, 0 where it says none."""
    trial = world.api.find("trials", "s-0") or {}
    return int((trial.get("status") or {}).get("step") or 0)


def test_what_trials_have_used_is_what_their_processes_lived(tmp_path: Path) -> None:
    """Over evictions, a crash and a clock that is set, all of it is counted once."""

    async def story(world: World) -> None:
        world.study(trials=LIMITED, resource={"name": "epoch", "max": 100})
        world.start()
        await world.until("the first values", lambda: world.reported(30))
        world.kubelet.disrupt(world.pods_of(1)[0], "EvictionByEvictionAPI", "person")
        world.clock_ahead = 3600.0
        await asyncio.sleep(2.0)
        await world.kill()
        world.clock_ahead = -3600.0
        world.start()
        await world.until("the end of the Study", world.over)
        await world.settle()
        lived: dict[int, float] = defaultdict(float)
        for uid, process in world.kubelet.processes.items():
            (number,) = world.history.numbers[world.history.trial_of(uid)]
            lived[number] += process.ended - process.began
        used = held_of(world)
        assert used.keys() == lived.keys()
        for number, seconds in used.items():
            assert seconds == pytest.approx(lived[number], abs=2.5), number

    tell(tmp_path, story, program_of=long_program)


def held_of(world: World) -> dict[int, float]:
    """Return the seconds of each trial as its ending has them."""
    with closing(sqlite3.connect(world.folder / "espalier.db")) as database:
        return dict(database.execute("SELECT trial, held FROM ends"))
