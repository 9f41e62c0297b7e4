"""An etcd restored from a backup: what was gone may be back, and nobody deleted the rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from espalier.kube import STUDY, TRIAL, Kind
from tests.simulation.api_server import Object
from tests.simulation.telling import good_program, lone_program, tell
from tests.simulation.world import World


def test_an_etcd_that_is_restored_freezes_nothing(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("a running trial", lambda: world.reported(2))
        backup = world.api.backup()
        await world.until("an end", lambda: world.reason(1) or world.reason(2))
        world.api.restore(backup)
        world.history.restored(world.api)
        await world.until("the end of the Study", world.over)
        await world.settle()
        assert not world.running()

    tell(tmp_path, story)


def test_what_is_deleted_and_changed_after_a_restore_is_seen(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 3, "parallelism": 1})
        world.start()
        await world.until("a running trial", lambda: world.reported(1))
        backup = world.api.backup()
        world.api.version += 100_000
        study = world.api.merge(STUDY, "n", "s", {"metadata": {"labels": {"a": "b"}}}, "person")
        assert int(study["metadata"]["resourceVersion"]) > 100_000
        await world.settle(12.0)
        world.api.restore(backup)
        world.history.restored(world.api)
        await world.settle(12.0)
        patch = {"spec": {"trials": {"max": 5}}}
        world.api.merge(STUDY, "n", "s", patch, "person")
        await world.until("two more trials", lambda: world.reason(3) and world.reason(4))

    tell(tmp_path, story, program_of=good_program)


def test_a_pruned_trials_job_that_comes_back_is_deleted_again(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 2, "parallelism": 2})
        world.start()
        await world.until("a running trial", lambda: world.reported(1))
        backup = world.api.backup()
        await world.until("the deletion", lambda: world.api.find("jobs", "s-0") is None)
        world.api.restore(backup)
        world.history.restored(world.api)
        await world.until("the end of the Study", world.over)
        await world.until("its deletion", lambda: world.api.find("jobs", "s-0") is None)
        assert world.reason(0) == "Pruned"

    tell(tmp_path, story, program_of=lone_program(0))


def test_a_job_whose_deletion_was_accepted_and_undone_unseen_is_deleted_again(
    tmp_path: Path,
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 1})
        world.start()
        await world.until("the Job", lambda: world.api.find("jobs", "s-0"))
        world.faults.dropped = 1.0  # no watch tells of it, and no version tells of a restore
        job = await world.until("its values", lambda: _written_last(world))
        await world.until("the deletion", lambda: world.api.find("jobs", "s-0") is None)
        world.api.objects["jobs", "n", "s-0"] = job
        world.history.restored(world.api)
        await world.until("its deletion", lambda: world.api.find("jobs", "s-0") is None)
        await world.until("the end of the trial", lambda: world.reason(0) == "Pruned")

    def _written_last(world: World) -> Object | None:
        return world.api.find("jobs", "s-0") if world.reported(2) else None

    tell(tmp_path, story, program_of=lone_program(0))


def test_the_rows_of_a_study_that_comes_back_with_its_uid_come_back(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 4, "parallelism": 2, "retries": 2})
        world.start()
        await world.until("two ends", lambda: world.reason(0) and world.reason(1))
        backup = world.api.backup()
        world.delete(STUDY, "s")
        await world.until("the objects to go", lambda: not world.api.of("trials"))
        await world.settle()
        world.api.restore(backup)
        world.history.restored(world.api)
        await world.until("the end of the Study", world.over)
        assert set(world.ended()) == {0, 1, 2, 3}

    tell(tmp_path, story, program_of=good_program)


def test_what_was_written_while_the_earlier_state_was_listed_is_kept(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        going_back = asyncio.Event()

        async def after(verb: str, kind: Kind, _name: str, _sub: str) -> None:
            if going_back.is_set() and (verb, kind) == ("list", TRIAL):
                await asyncio.sleep(4.0)

        world.study(trials={"max": 20, "parallelism": 2})
        world.start(after=after)
        await world.until("values", lambda: world.reported(2))
        backup = world.api.backup()
        await world.settle(8.0)
        world.api.restore(backup)
        world.history.restored(world.api)
        going_back.set()
        for number in range(12):
            world.place(f"mine-{number}")
            await asyncio.sleep(1.0)
        going_back.clear()
        await world.until("the end of the Study", world.over)
        numbers = [len(known) for known in world.history.numbers.values()]
        assert max(numbers) == 1

    tell(tmp_path, story, program_of=good_program)
