"""What was saved is the same in a Study's status and in its log, with every kind of ending."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from espalier.kube import TRIAL
from espalier.store import lines, read_lines, read_log
from espalier.views.gathered import gather
from espalier.views.savings import recorded_savings, savings_view
from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell_without_laws
from tests.simulation.world import World

AMOUNTS = ("gpuSeconds", "trialSeconds", "steps")
GOOD = tuple(0.1 * step for step in range(1, 6))
PROGRAMS = {
    0: Program(GOOD),
    1: Program((0.1, 0.2, -1.0, -1.0, -1.0)),
    2: Program(GOOD[:3], code=1),
    3: Program((0.1, -1.0, -1.0, -1.0, -1.0)),
    4: Program(GOOD, last_words=True),
    5: Program(GOOD[:2], killed=True),
    6: Program(GOOD),
    7: Program((*GOOD, 0.6, 0.7)),
}


def program_of(pod: Object) -> Program:
    number = int((pod["metadata"].get("labels") or {}).get("espalier.dev/trial-number", "0"))
    return PROGRAMS.get(number, Program(GOOD))


def status_of(world: World) -> dict[str, Any]:
    study = world.api.find("studies", "s")
    assert study is not None
    return dict(study["status"])


def amounts_of_log(world: World) -> dict[str, Any]:
    log = read_log(f"sqlite:///{world.folder / 'espalier.db'}", "n", "s")
    return recorded_savings(gather(read_lines(lines(log), "log")))


def agrees(world: World) -> None:
    said, recorded = status_of(world), amounts_of_log(world)
    for name in AMOUNTS:
        told = {key: value for key, value in recorded[name].items() if value is not None}
        assert told == said[name], name


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_log_tells_the_same_as_the_status(tmp_path: Path, seed: int) -> None:
    async def story(world: World) -> None:
        world.study(finalists={"count": 1, "repeats": 2})
        world.start()
        await world.until("a trial of number 6", lambda: world.api.find("trials", "s-6"))
        world.delete(TRIAL, "s-6")
        await world.until("the end", world.over)
        await world.settle()
        agrees(world)
        said = status_of(world)
        assert said["steps"]["saved"] > 0
        assert said["gpuSeconds"]["saved"] > 0
        kinds = set(world.ended().values())
        assert {"Completed", "Pruned", "TrainerFailed", "DeletedByUser"} <= kinds

    tell_without_laws(tmp_path, story, program_of=program_of, seed=seed)


def test_the_log_of_a_study_that_goes_on_counts_what_is_recorded(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(budget={"wallClock": {"hard": "30s"}}, trials={"max": 40, "parallelism": 2})
        world.start()
        await world.until("the end", world.over)
        await world.settle()
        agrees(world)
        assert "BudgetSpent" in world.ended().values()

    tell_without_laws(tmp_path, story, program_of=program_of)


def test_the_status_is_believed_where_there_is_one(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 2, "parallelism": 2})
        world.start()
        await world.until("the end", world.over)
        log = read_log(f"sqlite:///{world.folder / 'espalier.db'}", "n", "s")
        gathered = gather(read_lines(lines(log), "log"))
        told = {
            "gpuSeconds": {"used": 7.0, "saved": 1.0, "savedLow": 0.5, "savedHigh": 2.0},
            "trialSeconds": {"used": 7.0},
            "steps": {"done": 3},
            "money": {"currency": "EUR", "deviceHour": 2.0, "used": 0.0},
        }
        view = savings_view(gathered, {"kind": "Study", "status": told})
        assert view["gpuSeconds"] == told["gpuSeconds"]
        assert view["trialSeconds"] == {
            "used": 7.0, "saved": None, "savedLow": None, "savedHigh": None,
        }  # fmt: skip
        assert view["money"] == told["money"]
        assert savings_view(gathered)["money"] is None

    tell_without_laws(tmp_path, story)
