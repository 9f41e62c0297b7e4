"""That something is gone is believed on proof alone, and nothing is undone on a guess.

Proof is a DELETED event, a list without the object, or a 404 to a GET of the very object. What a
write is answered proves nothing.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from espalier.errors import RetryLater
from espalier.kube import JOB, STUDY, TRIAL, Kind
from espalier.kube.errors import from_answer
from tests.simulation import answers, objects
from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import good_program, lone_program, tell
from tests.simulation.wire import Hook
from tests.simulation.world import World

ANSWERS: dict[str, Callable[[str, Kind, str], Exception]] = {
    "404 of a version that is not served": lambda what, _kind, _name: answers.unserved(what),
    "404 with a Status that names the object": answers.not_found,
    "404 of a proxy": lambda what, _kind, _name: from_answer(what, 404, b"<html>404</html>", None),
    "404 of the namespace": lambda what, _kind, _name: answers.no_namespace(what, "n"),
    "409 of a write at the same time": answers.modified,
    "409 of another uid": lambda what, kind, name: answers.another_uid(what, kind, name, "a", "b"),
    "409 of a webhook": lambda what, _kind, _name: from_answer(what, 409, b"{}", None),
}


def answering(
    verb: str, kind: Kind, answer: Callable[[str, Kind, str], Exception], times: int, sub: str = ""
) -> Hook:
    """Return a hook that answers the first so many requests of a sort, though nothing is wrong."""
    left = [times]

    async def before(seen: str, of: Kind, name: str, subresource: str) -> None:
        if (seen, of, subresource) == (verb, kind, sub) and left[0] > 0:
            left[0] -= 1
            raise answer(f"{verb} {kind.path('n', name, sub)}", kind, name)

    return before


async def ends_well(world: World, trials: int = 8) -> None:
    """Wait for the end of the Study; each trial must have ended as its trainer did."""
    await world.until("the end of the Study", world.over)
    await world.settle()
    assert {world.reason(number) for number in range(trials)} <= {"Completed", "Pruned"}


# -- what a write is answered --------------------------------------------------------------------


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("kind", [STUDY, TRIAL], ids=["Study", "Trial"])
def test_what_a_write_of_a_status_is_answered_deletes_nothing(
    kind: Kind, answer: Callable[[str, Kind, str], Exception], tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start(answering("patch", kind, answer, 3, "status"))
        await ends_well(world)

    tell(tmp_path, story)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_the_creation_of_a_job_is_answered_ends_no_trial(
    answer: Callable[[str, Kind, str], Exception], tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start(answering("create", JOB, answer, 3))
        await ends_well(world)

    tell(tmp_path, story)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_the_deletion_of_a_job_is_answered_does_not_say_that_it_is_gone(
    answer: Callable[[str, Kind, str], Exception], tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 1})
        world.start(answering("delete", JOB, answer, 1))
        await world.until("the end of the trial", lambda: world.reason(0) == "Pruned")
        assert world.api.find("jobs", "s-0") is None

    tell(tmp_path, story, program_of=lone_program(0))


def test_definitions_that_are_not_served_for_a_moment_cost_nothing(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("a value", lambda: _reported(world, 1))
        world.api.unserved_groups.add(STUDY.group)
        for watch in list(world.api.watches):
            watch.broken()
        await asyncio.sleep(1.5)
        world.api.unserved_groups.clear()
        await ends_well(world)

    tell(tmp_path, story)


# -- Jobs that are not seen yet --------------------------------------------------------------------


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
        await ends_well(world)

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
        await ends_well(world)

    tell(tmp_path, story)


def test_a_job_that_is_refused_for_a_while_is_no_deleted_job(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        denied = False

        async def before(verb: str, kind: Kind, name: str, _sub: str) -> None:
            if denied and kind is JOB and verb in ("create", "dry run"):
                raise answers.error(verb, 422, "Invalid", "denied by a policy", kind, name)

        world.study()
        world.start(before)
        await world.until("a value", lambda: _reported(world, 1))
        denied = True
        await world.settle()
        denied = False
        await ends_well(world)

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
        await ends_well(world, trials=2)

    tell(tmp_path, story, program_of=program_of)
    assert len(drained) == 2


# -- numbers that never were ----------------------------------------------------------------------


def ended_numbers(folder: Path) -> set[int]:
    """Return the numbers of the trials that the store says have ended."""
    with closing(sqlite3.connect(folder / "espalier.db")) as database:
        return {number for (number,) in database.execute("SELECT trial FROM ends")}


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
        assert number in ended_numbers(tmp_path)

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
        await world.until("a value", lambda: _reported(world, 1))
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


# -- an earlier state comes back ------------------------------------------------------------------


def test_an_etcd_that_is_restored_freezes_nothing(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("a running trial", lambda: _reported(world, 2))
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
        await world.until("a running trial", lambda: _reported(world, 1))
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
        await world.until("a running trial", lambda: _reported(world, 1))
        backup = world.api.backup()
        await world.until("the deletion", lambda: world.api.find("jobs", "s-0") is None)
        world.api.restore(backup)
        world.history.restored(world.api)
        await world.until("the end of the Study", world.over)
        assert world.api.find("jobs", "s-0") is None
        assert world.reason(0) == "Pruned"

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
        assert ended_numbers(tmp_path) == {0, 1, 2, 3}

    tell(tmp_path, story, program_of=good_program)


def _reported(world: World, values: int) -> bool:
    return any(len(process.accepted) >= values for process in world.kubelet.processes.values())


def test_what_was_written_while_the_earlier_state_was_listed_is_kept(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        going_back = asyncio.Event()

        async def after(verb: str, kind: Kind, _name: str, _sub: str) -> None:
            if going_back.is_set() and (verb, kind) == ("list", TRIAL):
                await asyncio.sleep(4.0)

        world.study(trials={"max": 20, "parallelism": 2})
        world.start(after=after)
        await world.until("values", lambda: _reported(world, 2))
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


# -- what is really deleted -----------------------------------------------------------------------


@pytest.mark.parametrize("plural", ["jobs", "trials"])
@pytest.mark.parametrize("unseen", [False, True], ids=["a watch tells", "a list tells"])
def test_what_a_person_deletes_ends_its_trial_as_that(
    plural: str, unseen: bool, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 3, "parallelism": 3})
        world.start()
        await world.until("a value", lambda: _reported(world, 1))
        if unseen:
            world.faults.dropped = 1.0
        world.delete({"jobs": JOB, "trials": TRIAL}[plural], "s-1")
        await asyncio.sleep(1.0)
        world.faults.dropped = 0.0
        await world.until("the end of the Study", world.over)
        with closing(sqlite3.connect(tmp_path / "espalier.db")) as database:
            reasons = dict(database.execute("SELECT trial, reason FROM ends"))
        assert reasons == {0: "Completed", 1: "DeletedByUser", 2: "Completed"}

    tell(tmp_path, story, program_of=good_program)


@pytest.mark.parametrize("down", [False, True], ids=["while it looks on", "while it is down"])
@pytest.mark.parametrize("whole", [False, True], ids=["the Study", "the namespace"])
def test_the_rows_of_a_deleted_study_stay_for_a_while(
    down: bool, whole: bool, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("values", lambda: _reported(world, 3))
        if down:
            await world.kill()
        if whole:
            world.api.namespaces["n"] = False
        else:
            world.delete(STUDY, "s")
        for uid, born in world.history.born.items():
            if born.kind == "trials":
                world.history.causes[uid].add("person")
        if down:
            world.start()
        await world.until("the objects to go", lambda: not world.api.of("pods"))
        await world.settle()

    tell(tmp_path, story, program_of=good_program, deleted=True)


def test_a_study_made_anew_under_the_same_name_starts_anew(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 2})
        world.start()
        await world.until("values", lambda: _reported(world, 2))
        world.delete(STUDY, "s")
        world.study(trials={"max": 3})
        await world.until("the end of the Study", world.over)
        with closing(sqlite3.connect(tmp_path / "espalier.db")) as database:
            newest = "SELECT max(id) FROM studies"
            ends = f"SELECT trial FROM ends WHERE study = ({newest})"
            assert sorted(n for (n,) in database.execute(ends)) == [0, 1, 2]

    tell(tmp_path, story, program_of=good_program, deleted=True)


# -- deletions in flight --------------------------------------------------------------------------


def test_nothing_follows_a_deletion_that_has_not_been_answered(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        deletions: list[str] = []
        first = asyncio.Event()

        async def before(verb: str, kind: Kind, _name: str, _sub: str) -> None:
            if verb != "delete":
                return
            deletions.append(kind.plural)
            if len(deletions) == 1:
                await asyncio.sleep(5.0)
                first.set()
                raise RetryLater("no answer from the API server")

        world.study(trials={"max": 1})
        world.start(before)
        await world.until("the first deletion", lambda: deletions)
        await asyncio.sleep(4.0)
        assert deletions == ["jobs"]
        assert world.reason(0) == ""
        assert ended_numbers(tmp_path) == set()
        await world.until("the end of the trial", lambda: world.reason(0) == "Pruned")
        assert world.api.find("jobs", "s-0") is None

    tell(tmp_path, story, program_of=lone_program(0))


def test_a_job_that_took_the_name_of_a_pruned_trials_job_stays(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        async def before(verb: str, kind: Kind, name: str, _sub: str) -> None:
            job = world.api.find("jobs", name)
            if (verb, kind) == ("delete", JOB) and job is not None and "mine" not in str(job):
                world.delete(JOB, name)
                world.create(JOB, objects.forged_job(name, {}))

        world.study(trials={"max": 1})
        world.start(before)
        await world.until("the end of the trial", lambda: world.reason(0) == "Pruned")
        await world.settle()
        assert "mine" in str(world.api.find("jobs", "s-0"))

    tell(tmp_path, story, program_of=lone_program(0))
