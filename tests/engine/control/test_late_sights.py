"""What is not seen yet is not gone: Jobs that were created unseen, pods that come before them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from espalier.errors import RetryLater
from espalier.kube import Kind
from espalier.planning.workload.job import JOB
from tests.simulation import answers
from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import good_program, tell
from tests.simulation.wire import Hook
from tests.simulation.world import World


def unanswered(times: int) -> Hook:
    """Return a hook that loses the answers of the first so many Jobs, which are created."""
    left = [times]

    async def after(verb: str, kind: Kind, _name: str, _sub: str) -> None:
        if (verb, kind) == ("create", JOB) and left[0] > 0:
            left[0] -= 1
            raise RetryLater("no answer from the API server")

    return after


@pytest.mark.parametrize("late", [0.0, 1.0, 4.0], ids=lambda late: f"{late:.0f} s late")
def test_a_job_whose_creation_was_not_answered_is_no_deleted_job(
    late: float, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        operator = world.start(after=unanswered(8))
        await world.until("the watches", lambda: operator.ready)
        operator.streams["jobs"].held.clear()
        await asyncio.sleep(late)
        operator.streams["jobs"].held.set()
        await world.ends_well()

    tell(tmp_path, story)


def test_a_pod_that_is_seen_long_before_its_job_is_no_pod_of_a_deleted_job(
    tmp_path: Path,
) -> None:
    async def story(world: World) -> None:
        hiding = True

        async def before(verb: str, kind: Kind, _name: str, _sub: str) -> None:
            if hiding and (verb, kind) == ("list", JOB) and world.api.of("jobs"):
                raise answers.busy("list jobs")

        world.study()
        operator = world.start(before, after=unanswered(99))
        await world.until("the watches", lambda: operator.ready)
        operator.streams["jobs"].held.clear()
        await asyncio.sleep(12.0)
        assert not any(world.reason(number) == "DeletedByUser" for number in range(8))
        hiding = False
        operator.streams["jobs"].held.set()
        await world.ends_well()

    tell(tmp_path, story)


def test_a_job_that_is_refused_for_a_while_is_no_deleted_job(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        denied = False

        async def before(verb: str, kind: Kind, name: str, _sub: str) -> None:
            if denied and kind is JOB and verb in ("create", "dry run"):
                raise answers.error(verb, 422, "Invalid", "denied by a policy", kind, name)

        world.study()
        world.start(before)
        await world.until("a value", lambda: world.reported(1))
        denied = True
        await world.settle()
        denied = False
        await world.ends_well()

    tell(tmp_path, story)


@pytest.mark.parametrize("late", [0.0, 2.0, 6.0], ids=lambda late: f"{late:.0f} s late")
def test_a_trainer_that_was_drained_has_not_completed_however_late_that_is_seen(
    late: float, tmp_path: Path
) -> None:
    drained = []

    def program_of(pod: Object) -> Program:
        return Program(good_program(pod).values, deaf=True)

    async def story(world: World) -> None:
        world.study(trials={"max": 2})
        operator = world.start()
        await world.until("running trainers", lambda: len(world.kubelet.processes) == 2)
        await asyncio.sleep(0.3)
        operator.streams["pods"].held.clear()
        for number in (0, 1):
            for pod in world.pods_of(number):
                drained.append(pod["metadata"]["uid"])
                world.history.caused(drained[-1], "drained")
                world.kubelet.disrupt(pod, "EvictionByEvictionAPI", "node")
        await asyncio.sleep(late)
        operator.streams["pods"].held.set()
        await world.ends_well(trials=2)

    tell(tmp_path, story, program_of=program_of)
    assert len(drained) == 2
