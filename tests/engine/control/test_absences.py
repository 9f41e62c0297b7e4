"""That something is gone is believed on proof alone, and nothing is undone on a guess.

Proof is a DELETED event, a list without the object, or a 404 to a GET of the very object. What a
write is answered proves nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from espalier.errors import RetryLater
from espalier.kube import POD, STUDY, TRIAL, Kind
from espalier.kube.errors import from_answer
from espalier.planning.workload.job import JOB
from tests.simulation import answers, objects
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


# -- what a write is answered --------------------------------------------------------------------


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("kind", [STUDY, TRIAL], ids=["Study", "Trial"])
def test_what_a_write_of_a_status_is_answered_deletes_nothing(
    kind: Kind, answer: Callable[[str, Kind, str], Exception], tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start(answering("patch", kind, answer, 3, "status"))
        await world.ends_well()

    tell(tmp_path, story)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_the_creation_of_a_job_is_answered_ends_no_trial(
    answer: Callable[[str, Kind, str], Exception], tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start(answering("create", JOB, answer, 3))
        await world.ends_well()

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
        await world.until("a value", lambda: world.reported(1))
        world.api.unserved_groups.add(STUDY.group)
        for watch in list(world.api.watches):
            watch.broken()
        await asyncio.sleep(1.5)
        world.api.unserved_groups.clear()
        await world.ends_well()

    tell(tmp_path, story)


# -- what is really deleted -----------------------------------------------------------------------


@pytest.mark.parametrize("plural", ["jobs", "trials"])
@pytest.mark.parametrize("unseen", [False, True], ids=["a watch tells", "a list tells"])
def test_what_a_person_deletes_ends_its_trial_as_that(
    plural: str, unseen: bool, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 3, "parallelism": 3})
        world.start()
        await world.until("a value", lambda: world.reported(1))
        if unseen:
            world.faults.dropped = 1.0
        world.delete({"jobs": JOB, "trials": TRIAL}[plural], "s-1")
        await asyncio.sleep(1.0)
        world.faults.dropped = 0.0
        await world.until("the end of the Study", world.over)
        # That a Job is not in a list does not say who deleted it, or that it was not over by then.
        reason = "JobGone" if unseen and plural == "jobs" else "DeletedByUser"
        assert world.ended() == {0: "Completed", 1: reason, 2: "Completed"}

    tell(tmp_path, story, program_of=good_program)


@pytest.mark.parametrize("down", [False, True], ids=["while it looks on", "while it is down"])
@pytest.mark.parametrize("whole", [False, True], ids=["the Study", "the namespace"])
def test_the_rows_of_a_deleted_study_stay_for_a_while(
    down: bool, whole: bool, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("values", lambda: world.reported(3))
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
        await world.until("values", lambda: world.reported(2))
        world.delete(STUDY, "s")
        world.study(trials={"max": 3})
        await world.until("the end of the Study", world.over)
        assert set(world.ended()) == {0, 1, 2}

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
        assert deletions == ["pods"]
        assert world.reason(0) == ""
        assert world.ended() == {}
        await world.until("the end of the trial", lambda: world.reason(0) == "Pruned")
        assert world.api.find("jobs", "s-0") is None

    tell(tmp_path, story, program_of=lone_program(0))


def test_a_pod_that_may_not_be_deleted_goes_with_its_job(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        async def before(verb: str, kind: Kind, name: str, _sub: str) -> None:
            if (verb, kind) == ("delete", POD):
                raise answers.error(f"delete pod {name}", 403, "Forbidden", "a policy says no")

        world.study(trials={"max": 1})
        world.start(before)
        await world.until("the end of the trial", lambda: world.reason(0) == "Pruned")
        assert world.api.find("jobs", "s-0") is None
        assert not world.running()

    # Another container runs on, so that the pod does not end by itself.
    runs_on = Program((0.1, -1.0), beside=True)
    tell(tmp_path, story, program_of=lambda _: runs_on)


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
