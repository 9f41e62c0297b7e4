"""Studies whose pruner begins with the curves of earlier ones, in the simulated cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from espalier.backtest.replay import replay
from espalier.kube import STUDY
from espalier.store import StoredDecision, lines, read_lines, read_log
from tests.simulation import objects
from tests.simulation.telling import tell
from tests.simulation.world import World

FEW = {"max": 6, "parallelism": 2, "maxFailed": 9}
BY_NAME = [{"name": "old"}]
BY_LABELS = [{"selector": {"matchLabels": {"task": "digits"}}}]


def create(world: World, name: str, **spec: Any) -> None:
    spec = {"pruner": {"type": "Nop"}, "trials": FEW, **spec}
    body = objects.study(name, **spec)
    body["metadata"]["labels"] = {"task": "digits"}
    world.create(STUDY, body)


def beginning_with(studies: list[Any]) -> dict[str, Any]:
    return {"type": "Auto", "auto": {"prior": {"studies": studies}}}


def over(world: World, name: str) -> Callable[[], bool]:
    return lambda: world.condition("studies", name, "Succeeded").get("status") in ("True", "False")


def told(world: World, name: str) -> dict[str, Any]:
    status = (world.api.find("studies", name) or {}).get("status") or {}
    found: dict[str, Any] = status.get("pruner") or {}
    return found


async def begin_after(world: World, studies: list[Any], **spec: Any) -> None:
    """Run one study to its end, and let another begin with its curves."""
    create(world, "old", **spec)
    world.start()
    await world.until("the first study's end", over(world, "old"))
    create(world, "s", pruner=beginning_with(studies))


def replayed(world: World, name: str) -> tuple[int, int, set[int]]:
    """Decisions, how many of them differ in a replay, and the numbers of studies that took part."""
    log = read_log(f"sqlite:///{world.folder / 'espalier.db'}", "n", name)
    assert log is not None
    rows = list(lines(log))
    again = replay(read_lines(rows, name), name)
    took_part = {
        int(each.decision.evidence["earlierStudies"])
        for each in read_lines(rows, name).events
        if isinstance(each, StoredDecision) and "earlierStudies" in each.decision.evidence
    }
    return again.decisions, len(again.differences), took_part


@pytest.mark.parametrize("studies", [BY_NAME, BY_LABELS], ids=["by name", "by labels"])
def test_a_study_begins_with_an_earlier_one_and_says_so(tmp_path: Path, studies: list[Any]) -> None:
    async def story(world: World) -> None:
        await begin_after(world, studies)
        await world.until("the end", over(world, "s"))
        (source,) = told(world, "s")["prior"]["studies"]
        uid = (world.api.find("studies", "old") or {})["metadata"]["uid"]
        assert source == {"name": "old", "uid": uid, "trials": 6}
        decisions, different, took_part = replayed(world, "s")
        assert (decisions > 0, different) == (True, 0)
        assert 1 in took_part

    tell(tmp_path, story)


@pytest.mark.parametrize("moment", ["before it is read", "when it is read"])
def test_what_was_read_is_read_once_whatever_becomes_of_the_earlier_study(
    tmp_path: Path, moment: str
) -> None:
    async def story(world: World) -> None:
        await begin_after(world, BY_NAME)
        if moment == "when it is read":
            await world.until("the reading", lambda: bool(told(world, "s")))
        await world.kill()
        if moment == "when it is read":
            world.delete(STUDY, "old")
        world.start()
        await world.until("the end", over(world, "s"))
        assert [each["name"] for each in told(world, "s")["prior"]["studies"]] == ["old"]
        assert replayed(world, "s")[1] == 0

    tell(tmp_path, story)


def test_labels_that_no_earlier_study_has_are_no_error(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        create(world, "s", pruner=beginning_with(BY_LABELS))
        world.start()
        await world.until("the end", over(world, "s"))
        assert told(world, "s") == {"prior": {"studies": [], "passedOver": 0}}

    tell(tmp_path, story)


BAD: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "a study that is gone": (
        [{"name": "never"}],
        {},
        "spec.pruner.auto.prior.studies[0].name: expected a Study of namespace n that has run",
    ),
    "one of another direction": (
        BY_NAME,
        {"objective": {"metric": "loss", "direction": "Maximize"}},
        "spec.pruner.auto.prior.studies[0].name: expected studies with the same objective",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_begun_with_is_said(tmp_path: Path, what: str) -> None:
    studies, earlier, message = BAD[what]

    async def story(world: World) -> None:
        await begin_after(world, studies, **earlier)

        def accepted() -> dict[str, Any]:
            return world.condition("studies", "s", "Accepted")

        await world.until("the refusal", lambda: accepted().get("reason") == "PrunerRefused")
        assert accepted()["status"] == "False"
        assert message in accepted()["message"]
        assert "expected" in accepted()["message"]

    tell(tmp_path, story)
