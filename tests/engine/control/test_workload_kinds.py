"""Another kind than Job, registered: the operator does with it all that it does with Jobs.

Nothing but its class and a line of the registry makes it run trials; that this is all that is to be
written, `tests/docs/test_add_a_workload.py` shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from espalier.engine.control.reduced import reduced
from espalier.kube import STUDY
from espalier.planning.workload import registry
from tests.simulation.api_server import Object
from tests.simulation.telling import good_program, tell_without_laws
from tests.simulation.train_run import ANNOTATION, OF, RANK, TRAIN_RUN, TrainRun
from tests.simulation.train_runs import TrainRuns, registered
from tests.simulation.world import World


@pytest.fixture(autouse=True)
def kind() -> Iterator[TrainRun]:
    with registered() as found:
        yield found


CONTAINER = {"name": "trainer", "image": "digits"}
TEMPLATE = {"metadata": {"annotations": {ANNOTATION: "yes"}}, "spec": {"containers": [CONTAINER]}}


def runs(world: World) -> dict[str, Object]:
    return {obj["metadata"]["name"]: obj for obj in world.api.of(TRAIN_RUN.plural)}


def written(world: World, verb: str) -> list[tuple[str, str]]:
    """Return what the operator wrote of workloads and pods, in order, by plural and name."""
    kinds = ("jobs", "pods", TRAIN_RUN.plural)
    return [(w.kind, w.name) for w in world.history.writes if w.verb == verb and w.kind in kinds]


async def with_controller(world: World) -> None:
    controller = TrainRuns(world.api)

    async def work() -> None:
        while True:
            controller.step()
            await asyncio.sleep(0.05)

    world._tasks.append(asyncio.ensure_future(work()))


def told(folder: Path, story: Any, **more: Any) -> None:
    async def whole(world: World) -> None:
        await with_controller(world)
        await story(world)

    tell_without_laws(folder, whole, **more)


def test_a_study_of_another_kind_is_run_to_its_end(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(template=TEMPLATE)
        world.start()
        await world.until("the end of the Study", world.over)
        await world.settle()
        reasons = {number: world.reason(number) for number in range(8)}
        pruned = {number for number, reason in reasons.items() if reason == "Pruned"}
        assert set(reasons.values()) == {"Pruned", "Completed"}
        assert {name for _, name in written(world, "create")} == {f"s-{n}" for n in range(8)}
        assert {plural for plural, _ in written(world, "create")} == {TRAIN_RUN.plural}
        # What was pruned is gone with its pods; what has ended by itself is kept.
        assert set(runs(world)) == {f"s-{number}" for number in range(8) if number not in pruned}
        assert all(phase(run) == "Done" for run in runs(world).values())
        assert "Job" not in str([trial["status"] for trial in world.api.of("trials")])

    told(tmp_path, story)


def phase(run: Object) -> str:
    return str((run.get("status") or {}).get("phase", ""))


def test_what_is_pruned_is_deleted_in_the_order_that_its_kind_says(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(template=TEMPLATE, trials={"max": 1, "parallelism": 1})
        world.start()
        await world.until("the end of the Study", world.over)
        deleted = written(world, "delete")
        assert [plural for plural, _ in deleted[:2]] == [TRAIN_RUN.plural, "pods"]

    told(tmp_path, story)


def test_a_suspended_study_suspends_its_workloads_by_their_kinds_patch(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(template=TEMPLATE, trials={"max": 2, "parallelism": 2})
        world.start()
        await world.until("a value", world.reported)
        world.change(STUDY, "s", {"spec": {"suspend": True}})
        await world.until("no pods", lambda: runs(world) and not world.api.of("pods"))
        assert [run["spec"]["paused"] for run in runs(world).values()] == [True, True]
        world.change(STUDY, "s", {"spec": {"suspend": False}})
        await world.until("the end of the Study", world.over)
        assert {world.reason(number) for number in range(2)} == {"Completed"}

    told(tmp_path, story, program_of=good_program)


def test_one_that_a_person_deletes_is_a_deleted_trial(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(template=TEMPLATE, trials={"max": 1, "parallelism": 1})
        world.start()
        await world.until("a value", world.reported)
        world.delete(TRAIN_RUN, "s-0")
        await world.until("the end of the trial", lambda: world.reason(0))
        assert world.reason(0) == "DeletedByUser"
        said = world.condition("trials", "s-0", "Finished")["message"]
        assert said.startswith("The trial's TrainRun was deleted before its trainer had ended")

    told(tmp_path, story, program_of=good_program)


def test_a_restarted_operator_lists_them_and_goes_on(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(template=TEMPLATE)
        world.start()
        await world.until("a value", world.reported)
        await world.kill()
        world.start()
        await world.until("the end of the Study", world.over)
        made = [name for _, name in written(world, "create")]
        assert sorted(made) == sorted(set(made)), "one was made twice"

    told(tmp_path, story, program_of=good_program)


def test_a_study_that_does_not_ask_for_it_is_run_by_jobs(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.ends_well()
        assert {plural for plural, _ in written(world, "create")} == {"jobs"}

    told(tmp_path, story)


def test_what_is_kept_of_one_is_all_that_its_view_reads(kind: TrainRun) -> None:
    run: Object = {
        "apiVersion": TRAIN_RUN.api_version,
        "kind": TRAIN_RUN.name,
        "metadata": {"name": "s-0", "namespace": "n", "uid": "r", "managedFields": ["long"]},
        "run": {"pod": TEMPLATE, "tries": 3},
        "spec": {"paused": True, "more": "of it"},
        "status": {"phase": "Lost", "why": "the node burnt", "log": "long"},
    }
    kept = reduced(TRAIN_RUN.plural, run)
    assert kind.view(kept, 3) == kind.view(run, 3)
    assert (kind.view(run, 3).failed, kind.view(run, 3).suspended) == (True, True)
    assert "run" not in kept
    assert reduced(TRAIN_RUN.plural, kept) == kept


def test_only_the_pods_that_its_kind_says_report(kind: TrainRun) -> None:
    pods = [{"metadata": {"name": "p", "labels": {RANK: rank, OF: "s-0"}}} for rank in "01"]
    assert [kind.reports(pod) for pod in pods] == [True, False]
    # The cache keeps what that is told by.
    frame: dict[str, Any] = {"namespace": "n", "uid": "u"}
    whole = [{"metadata": {**frame, **pod["metadata"]}} for pod in pods]
    assert [kind.reports(reduced("pods", pod)) for pod in whole] == [True, False]
    assert OF not in reduced("pods", whole[0])["metadata"]["labels"]


def test_no_two_kinds_have_the_same_plural() -> None:
    plurals = [each.kind.plural for each in registry.KINDS]
    assert len(plurals) == len(set(plurals))
