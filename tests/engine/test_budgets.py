"""Budgets in the simulated cluster: what runs is ended in time, and a raised one lets it go on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from espalier.kube import STUDY
from tests.simulation.api_server import Object, pod_over
from tests.simulation.clock import now
from tests.simulation.faults import drawn
from tests.simulation.fuzz import run_with
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

LONG = {"max": 60, "parallelism": 3, "maxFailed": 1}
GRACE = 1.0
LOOK = 5.0


def good(_: Object) -> Program:
    return Program(tuple(0.1 * step for step in range(1, 6)))


def condition(world: World) -> tuple[str, str]:
    said = world.condition("studies", "s", "BudgetSpent")
    return str(said.get("status")), str(said.get("reason"))


def living(world: World) -> list[Object]:
    return [pod for pod in world.api.of("pods", "n") if not pod_over(pod)]


def status(world: World) -> Object:
    study = world.api.find("studies", "s")
    assert study is not None
    return dict(study["status"])


@pytest.mark.parametrize("dies", [False, True])
def test_a_hard_limit_ends_what_runs_within_a_look(tmp_path: Path, dies: bool) -> None:
    async def story(world: World) -> None:
        world.study(budget={"wallClock": {"hard": "40s"}}, trials=LONG)
        world.start()
        await world.until("the start", lambda: living(world))
        start = now()
        if dies:
            await world.until("trials", lambda: world.reported(2))
            await world.kill()
            world.start()
        await world.until("the limit", lambda: condition(world)[0] == "True")
        assert condition(world)[1] == "HardLimitMet"
        await world.until("no pods", lambda: not living(world))
        assert now() - start <= 40.0 + LOOK + GRACE
        await world.until("the end", world.over)
        assert world.condition("studies", "s", "Succeeded")["reason"] == "BudgetSpent"
        kinds = list(world.ended().values())
        assert set(kinds) <= {"Completed", "Pruned", "BudgetSpent"}
        assert 0 < kinds.count("BudgetSpent") <= 3
        await world.settle()
        assert status(world)["budget"]["limits"][0]["met"] == "Hard"

    tell(tmp_path, story, program_of=good)


def test_a_soft_limit_of_hours_lets_run_on_what_runs(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(budget={"trialHours": {"soft": 0.01}}, trials=LONG)  # 36 s of three trials
        world.start()
        await world.until("the end", world.over)
        await world.settle()
        assert set(world.ended().values()) == {"Completed"}
        assert condition(world) == ("True", "SoftLimitMet")
        used = status(world)["trialSeconds"]["used"]
        longest = max(each["status"]["trialSeconds"] for each in world.api.of("trials", "n"))
        assert 36.0 <= used <= 36.0 + 3 * (longest + LOOK)

    tell(tmp_path, story, program_of=good)


def test_a_study_goes_on_when_its_spent_budget_is_raised(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        limits = {"soft": "3s", "hard": "6s"}
        world.study(budget={"wallClock": limits}, trials={**LONG, "max": 9})
        world.start()
        await world.until("the end", world.over)
        await world.settle()
        before = len(world.ended())
        assert before < 9
        world.change(STUDY, "s", {"spec": {"budget": {"wallClock": {"soft": None, "hard": "9h"}}}})
        await world.until("it goes on", lambda: condition(world) == ("False", "WithinBudget"))
        assert not world.over()
        await world.until("the end", world.over)
        await world.settle()
        assert len(world.ended()) == 9
        assert world.condition("studies", "s", "Succeeded")["reason"] == "AllTrialsEnded"

    tell(tmp_path, story, program_of=good)


@pytest.mark.parametrize("seed", range(3))
def test_no_fault_has_a_spent_study_break_a_law(seed: int) -> None:
    limits = {"soft": "8s", "hard": "20s"}
    run = run_with(drawn(random.Random(seed)), seed, budget={"wallClock": limits})
    assert not run.broken, str(run)
