"""People prune trials and stop studies in the simulated cluster, amid faults and deaths."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from espalier.kube import STUDY, TRIAL
from espalier.planning.world.names import PROTECT_ANNOTATION, PRUNE_ANNOTATION
from espalier.pruning import Reason
from espalier.store.sqlite.export import read_log
from tests.simulation.api_server import Object
from tests.simulation.faults import Faults
from tests.simulation.fuzz import run_with
from tests.simulation.kubelet import Program
from tests.simulation.oracle import violations
from tests.simulation.telling import tell
from tests.simulation.world import World

TRIALS = {"max": 4, "parallelism": 3, "maxFailed": 9}
WORST = Faults(
    prunings=2.0, people=0.5, kills=0.3, late=2.0, dropped=0.3, conflicts=0.2, lost=0.2, commits=0.1
)


def slow(_pod: Object) -> Program:
    """Return a trainer that has far to go."""
    return Program(tuple(0.5 for _ in range(200)))


def begin(world: World, **spec: object) -> None:
    world.study(**{"trials": TRIALS, "resource": {"max": 500}, "pruner": {"type": "Nop"}} | spec)
    world.start()


def ask(world: World, name: str, why: str = "it overfits") -> None:
    world.change(TRIAL, name, {"metadata": {"annotations": {PRUNE_ANNOTATION: why}}})
    trial = world.api.find("trials", name)
    assert trial is not None
    world.history.pruned.setdefault(trial["metadata"]["uid"], 0.0)


def reasons_of(world: World) -> dict[int, str]:
    """Return by which reason each pruned trial was."""
    log = read_log(f"sqlite:///{world.folder}/espalier.db", "n", "s")
    assert log is not None
    return {
        each.decision.trial: str(each.decision.reason)
        for each in log.decisions
        if each.decision.prunes and not each.shadow
    }


@pytest.mark.parametrize("killed", ["never", "before it sees that", "just after"])
def test_trials_are_pruned_by_people_that_train_wait_or_are_protected(
    tmp_path: Path, killed: str
) -> None:
    async def story(world: World) -> None:
        begin(world)
        world.place("mine")
        await world.until("three to train", lambda: len(world.running()) == 3)
        await world.until("values", lambda: world.reported(2))
        world.change(TRIAL, "s-0", {"metadata": {"annotations": {PROTECT_ANNOTATION: "late"}}})
        if killed == "before it sees that":
            await world.kill()
        for each in world.api.of("trials", "n"):
            ask(world, each["metadata"]["name"])
        numbers = {n for known in world.history.numbers.values() for n in known}
        if killed == "just after":
            await world.kill()
        if killed != "never":
            world.start()
        await world.until(
            "their ends", lambda: {n for n, how in world.ended().items() if how == "Pruned"} >= {0}
        )
        await world.settle(20.0)
        assert {n: how for n, how in world.ended().items() if n in numbers} == dict.fromkeys(
            numbers, "Pruned"
        )
        assert {reasons_of(world)[n] for n in numbers} == {str(Reason.PRUNED_BY_PERSON)}
        world.change(STUDY, "s", {"spec": {"stop": True}})
        world.history.stopped = True
        await world.until("the end", world.over)
        await world.settle(12.0)
        assert list(violations(world)) == []

    tell(tmp_path, story, program_of=slow)


def test_a_person_who_takes_it_back_comes_too_late(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        begin(world)
        await world.until("values", lambda: world.reported(2))
        ask(world, "s-0")
        await world.until("the end of it", lambda: world.reason(0) == "Pruned")
        patch = {"metadata": {"annotations": {PRUNE_ANNOTATION: None, PROTECT_ANNOTATION: "yes"}}}
        world.change(TRIAL, "s-0", patch)
        await world.settle(10.0)
        assert world.reason(0) == "Pruned"
        assert world.ended()[0] == "Pruned"

    tell(tmp_path, story, program_of=slow)


def test_a_stopped_study_ends_keeps_its_best_and_may_go_on(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        begin(world, finalists={"count": 1, "repeats": 2})
        await world.until("one to complete", lambda: world.reason(0) == "Completed")
        world.change(STUDY, "s", {"spec": {"stop": True}})
        world.history.stopped = True
        await world.until("the end", world.over)
        await world.settle(12.0)
        said = world.condition("studies", "s", "Succeeded")
        assert (said["status"], said["reason"]) == ("True", "Stopped")
        study = world.api.find("studies", "s")
        assert study is not None
        assert study["status"]["best"]["number"] == 0
        assert "finalists" not in study["status"]
        assert not world.running()
        assert "StudyStopped" in world.ended().values()
        assert list(violations(world)) == []
        world.change(STUDY, "s", {"spec": {"stop": False, "trials": {"max": 6}}})
        await world.until("more trials", lambda: world.api.find("trials", "s-5") is not None)

    def one_is_quick(pod: Object) -> Program:
        first = pod["metadata"]["labels"].get("espalier.dev/trial-number") == "0"
        return Program((0.5, 0.6)) if first else slow(pod)

    tell(tmp_path, story, program_of=one_is_quick)


@pytest.mark.parametrize("seed", range(6))
def test_no_law_is_broken_by_prunings_of_people_amid_faults(seed: int) -> None:
    rnd = random.Random(seed)
    faults = Faults(**{name: rate * rnd.uniform(0.3, 1.0) for name, rate in vars(WORST).items()})
    run = run_with(faults, seed)
    assert not run.broken, str(run)


@pytest.mark.parametrize("seed", range(4))
def test_no_law_is_broken_where_studies_with_finalists_are_stopped_and_go_on(seed: int) -> None:
    faults = Faults(stops=0.5, prunings=0.5, kills=0.2, late=1.0)
    run = run_with(faults, seed, finalists={"count": 2, "repeats": 3})
    assert not run.broken, str(run)
