"""An object is a trial's by its owners alone, by uid at each link; labels only find candidates.

Whatever a tenant forges, in the Study's namespace or in one of his own, is left alone: none of its
values is taken, nothing of it is deleted, and the trials that it names go on as if it were not
there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from espalier.engine.reports.submission import CheckedReport
from espalier.errors import ReportError, RetryLater
from espalier.kube import POD, TRIAL, Kind
from espalier.planning.workload.job import JOB
from tests.simulation import objects
from tests.simulation.api_server import Object
from tests.simulation.chaos import Chaos
from tests.simulation.telling import lone_program, tell
from tests.simulation.tenants import ELSEWHERE, Tenants
from tests.simulation.world import World

Forge = Callable[[Tenants, dict[str, str]], Object | None]
FORGED: dict[str, Forge] = {
    "a pod copied with its labels": Tenants.debug_copy,
    "a pod whose controller nobody knows": Tenants.pod_of_nobody,
    "a Job copied without its owner": Tenants.copied_job,
    "a Job with another controller": Tenants.job_of_another,
    "a second Job of the Trial": Tenants.second_job,
    "a second Job of the Trial under the name of a rerun": Tenants.rerun_job,
    "a Job of another namespace": Tenants.job_elsewhere,
    "a Trial of another namespace": Tenants.trial_elsewhere,
}


async def forge_all(world: World, forge: Forge, numbers: tuple[int, ...]) -> list[Object]:
    """Have a tenant forge an object about each of some trials."""
    study = world.api.find("studies", "s")
    assert study is not None
    tenants = Tenants(world)
    marks = [objects.labels(study["metadata"]["uid"], number) for number in numbers]
    return [made for each in marks if (made := forge(tenants, each)) is not None]


def is_there(world: World, obj: Object) -> bool:
    """Whether an object is there, and nobody is deleting it."""
    meta = obj["metadata"]
    plural = {"Pod": "pods", "Job": "jobs", "Trial": "trials"}[obj["kind"]]
    found = world.api.find(plural, meta["name"], meta["namespace"])
    return (
        found is not None
        and found["metadata"]["uid"] == meta["uid"]
        and "deletionTimestamp" not in found["metadata"]
    )


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("restarted", [False, True], ids=["seen", "seen first after a restart"])
def test_what_is_forged_about_running_trials_changes_nothing(
    forge: Forge, restarted: bool, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("values", lambda: world.reported(1))
        if restarted:
            await world.kill()
        forged = await forge_all(world, forge, (0, 1, 2))
        if restarted:
            world.start()
        await world.ends_well()
        assert all(is_there(world, each) for each in forged)

    tell(tmp_path, story)


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_forged_about_trials_that_do_not_exist_yet_makes_none(
    forge: Forge, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("values", lambda: world.reported(1))
        forged = await forge_all(world, forge, (5, 7, 60, 1_000_003))
        await world.ends_well()
        assert all(is_there(world, each) for each in forged)

    tell(tmp_path, story)


# Not s-1 itself: there the chart's policy stands guard (docs/adr/0068-kin-by-uid.md).
@pytest.mark.parametrize("name", ["s-1-r1", "s-1-r7"])
def test_a_job_that_is_forged_before_the_trial_has_its_first_is_not_the_trials(
    name: str, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        forged: list[Object] = []

        async def before(verb: str, kind: Kind, asked: str, _sub: str) -> None:
            trial = world.api.find("trials", "s-1")
            if (verb, kind, asked) == ("create", JOB, "s-1") and trial is not None and not forged:
                study = world.api.objects["studies", "n", "s"]
                marks = objects.labels(study["metadata"]["uid"], 1)
                owners = objects.owned_by("Trial", "s-1", trial["metadata"]["uid"])
                forged.append(world.create(JOB, objects.forged_job(name, marks, owners)))
                await asyncio.sleep(3.0)

        world.study(trials={"max": 4})
        world.start(before)
        await world.until("the others", lambda: all(map(world.reason, (0, 2, 3))))
        await world.settle()
        assert all(is_there(world, each) for each in forged)
        if name == "s-1":
            world.delete(JOB, name)
        await world.ends_well(trials=4)

    tell(tmp_path, story)


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_forged_about_a_trial_that_is_pruned_is_not_deleted_with_it(
    forge: Forge, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 3, "parallelism": 3})
        world.start()
        await world.until("a value", lambda: world.reported(1))
        forged = await forge_all(world, forge, (1,))
        await world.until("the pruning", lambda: world.reason(1) == "Pruned")
        await world.ends_well(trials=3)
        assert all(is_there(world, each) for each in forged)

    tell(tmp_path, story, program_of=lone_program(1))


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_forged_about_a_study_that_is_over_does_not_open_it_again(
    forge: Forge, tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 2})
        world.start()
        await world.ends_well(trials=2)
        forged = await forge_all(world, forge, (0, 1, 7))
        await world.settle()
        assert world.over()
        for number in (0, 1):  # as a clean-up of finished Jobs does
            world.api.remove(JOB, "n", f"s-{number}", "clean-up")
        await world.settle(60.0)
        assert world.over()
        assert all(is_there(world, each) for each in forged)

    tell(tmp_path, story, program_of=lone_program(9))


@pytest.mark.parametrize(
    "number", ["99999999999999999999", "-1", "١", "", "1e3", "0x5", "007"], ids=ascii
)
def test_a_label_that_is_no_number_of_a_trial_harms_nobody(number: str, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        study = world.study()
        world.start()
        await world.until("values", lambda: world.reported(1))
        marks = {**objects.labels(study["metadata"]["uid"], 1), "espalier.dev/trial-number": number}
        tenants = Tenants(world)
        forged = [
            tenants.copied_job(marks),
            tenants.job_elsewhere(marks),
            tenants.debug_copy(marks),
        ]
        await world.ends_well()
        assert all(is_there(world, each) for each in forged)

    tell(tmp_path, story)


def test_a_job_that_took_the_name_of_a_trials_job_holds_up_that_trial_alone(
    tmp_path: Path,
) -> None:
    async def story(world: World) -> None:
        squatter = world.create(JOB, objects.forged_job("s-1", {}))
        world.study(trials={"max": 4})
        world.start()
        await world.until("the other trials", lambda: all(map(world.reason, (0, 2, 3))))
        await world.settle()
        assert is_there(world, squatter)
        assert not world.reason(1)
        world.delete(JOB, "s-1")
        await world.ends_well(trials=4)

    tell(tmp_path, story)


def test_a_trial_that_took_the_name_of_another_study_s_is_left_alone(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        squatter = world.create(TRIAL, objects.hand_made("s-1", "another"))
        world.study(trials={"max": 4})
        world.start()
        await world.settle()
        assert is_there(world, squatter)
        assert world.api.find("jobs", "s-1") is None
        world.delete(TRIAL, "s-1")
        await world.ends_well(trials=4)

    tell(tmp_path, story)


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_pod_may_not_report_and_locks_nobody_out(forge: Forge, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study()
        operator = world.start()
        await world.until("values", lambda: world.reported(1))
        forged = await forge_all(world, forge, (0, 1, 2))
        uids = {each["metadata"]["uid"] for each in forged}
        await world.settle(0.5)
        for pod in world.api.of("pods"):
            mine = pod["metadata"].get("ownerReferences") or [{}]
            if pod["metadata"]["uid"] not in uids and mine[0].get("uid") not in uids:
                continue
            for trial in (None, "n/s-0", "n/s-1", "n/s-2"):
                with pytest.raises((ReportError, RetryLater)):
                    await operator.post(pod, CheckedReport("accuracy", 4, -9.0), trial)
        await world.ends_well()

    tell(tmp_path, story)


def test_a_pod_that_the_job_controller_took_in_may_not_report(tmp_path: Path) -> None:
    """One with nothing but the label by which a Job selects its pods, made by a tenant."""

    async def story(world: World) -> None:
        world.study()
        operator = world.start()
        await world.until("values", lambda: world.reported(1))
        (job,) = [each for each in world.api.of("jobs") if each["metadata"]["name"] == "s-1"]
        owners = objects.owned_by("Job", "s-1", job["metadata"]["uid"])
        pod = world.create(POD, objects.forged_pod("taken-in", {}, owners))
        with pytest.raises(ReportError, match="only the pods that Espalier's Jobs make"):
            await operator.post(pod, CheckedReport("accuracy", 4, -9.0), "n/s-1")
        world.delete(POD, "taken-in")
        await world.ends_well()

    tell(tmp_path, story)


def test_a_pod_whose_labels_were_changed_is_still_the_trials_own(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        await world.until("values", lambda: world.reported(1))
        for pod in world.pods_of(1):
            changed = {"espalier.dev/trial-number": "2", "espalier.dev/trial": "s-2"}
            patch = {"metadata": {"labels": changed}}
            world.api.merge(POD, "n", pod["metadata"]["name"], patch, "person")
        await world.ends_well()

    tell(tmp_path, story)


def test_tenants_who_forge_all_the_time_change_nothing(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study()
        world.start()
        world.faults.tenants = 4.0
        chaos = Chaos(world)
        chaos.start()
        await world.until("the end of the Study", world.over)
        await chaos.stop()
        await world.ends_well()
        assert not [obj for obj in world.api.of("jobs", ELSEWHERE) if not is_there(world, obj)]

    tell(tmp_path, story)
