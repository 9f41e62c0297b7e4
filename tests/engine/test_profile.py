"""Studies whose pruner stands in a PrunerProfile, in the simulated cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from espalier.backtest.replay import replay
from espalier.kube import PRUNER_PROFILE, STUDY
from espalier.store import StoredDecision, lines, read_lines, read_log
from tests.simulation import objects
from tests.simulation.telling import tell
from tests.simulation.world import World

FEW = {"max": 4, "parallelism": 2, "maxFailed": 9}
NAMING = {"type": "Profile", "profile": {"name": "strict"}}
THRESHOLD = {"type": "Threshold", "threshold": {"lower": 0.0}}


def create(world: World, **spec: Any) -> None:
    world.create(STUDY, objects.study("s", **{"pruner": NAMING, "trials": FEW, **spec}))


def keep(world: World, pruner: dict[str, Any], **besides: Any) -> None:
    spec = {"pruner": pruner, **besides}
    version = {"apiVersion": "espalier.dev/v1alpha1", "kind": "PrunerProfile"}
    world.create(PRUNER_PROFILE, {**version, "metadata": {"name": "strict"}, "spec": spec})


def over(world: World) -> Callable[[], bool]:
    return lambda: world.condition("studies", "s", "Succeeded").get("status") in ("True", "False")


def accepted(world: World) -> dict[str, Any]:
    return world.condition("studies", "s", "Accepted")


def refused(world: World) -> Callable[[], bool]:
    return lambda: accepted(world).get("reason") == "PrunerRefused"


def told(world: World) -> dict[str, Any]:
    status = (world.api.find("studies", "s") or {}).get("status") or {}
    found: dict[str, Any] = status.get("pruner") or {}
    return found


def judged(world: World) -> tuple[set[str], int]:
    """The pruners that have judged, and how many decisions differ in a replay."""
    log = read_log(f"sqlite:///{world.folder / 'espalier.db'}", "n", "s")
    assert log is not None
    rows = list(lines(log))
    decisions = [each for each in read_lines(rows, "s").events if isinstance(each, StoredDecision)]
    again = replay(read_lines(rows, "s"), "s")
    assert again.decisions == len(decisions) > 0
    return {each.decision.pruner for each in decisions} - {"Guards"}, len(again.differences)


def test_a_study_is_judged_by_the_profile_that_it_names_and_says_which(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        keep(world, THRESHOLD, provenance={"saved": 0.5, "command": "espalier recommend a.jsonl"})
        create(world)
        world.start()
        await world.until("the end", over(world))
        uid = (world.api.find("prunerprofiles", "strict") or {})["metadata"]["uid"]
        profile = {"name": "strict", "uid": uid, "generation": 1, "type": "Threshold"}
        assert told(world) == {"profile": profile}
        assert judged(world) == ({"Threshold"}, 0)

    tell(tmp_path, story)


def test_it_is_copied_once_whatever_becomes_of_the_profile(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        keep(world, THRESHOLD)
        create(world)
        world.start()
        await world.until("the reading", lambda: bool(told(world)))
        await world.kill()
        world.delete(PRUNER_PROFILE, "strict")
        world.start()
        await world.until("the end", over(world))
        assert told(world)["profile"]["name"] == "strict"
        assert judged(world) == ({"Threshold"}, 0)

    tell(tmp_path, story)


def test_a_study_waits_for_its_profile_and_begins_once_that_is_there(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        create(world)
        world.start()
        await world.until("the refusal", refused(world))
        said = accepted(world)
        assert said["status"] == "False"
        assert (
            "spec.pruner.profile.name: expected a PrunerProfile of namespace n" in said["message"]
        )
        assert "does not exist; create it" in said["message"]
        assert world.api.of("trials") == []
        keep(world, THRESHOLD)
        await world.until("the end", over(world))
        assert judged(world) == ({"Threshold"}, 0)

    tell(tmp_path, story)


def test_a_pruner_that_cannot_be_made_is_said_and_nothing_starts(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        keep(world, {"type": "Plugin", "plugin": {"name": "Nobodys"}})
        create(world)
        world.start()
        await world.until("the refusal", refused(world))
        assert "Nobodys" in accepted(world)["message"]
        assert "looked at again" in accepted(world)["message"]
        assert world.api.of("trials") == []

    tell(tmp_path, story)


def test_a_profile_that_does_not_suit_is_said_and_the_study_begins_once_it_does(
    tmp_path: Path,
) -> None:
    async def story(world: World) -> None:
        keep(world, {"type": "Median", "median": {"warmupSteps": 9}})
        create(world)
        world.start()
        await world.until("the refusal", refused(world))
        assert "warmupSteps: expected less than resource.max (5)" in accepted(world)["message"]
        patch = {"spec": {"pruner": {"median": {"warmupSteps": 1}}}}
        world.change(PRUNER_PROFILE, "strict", patch)
        await world.until("the end", over(world))
        assert told(world)["profile"]["generation"] == 2
        assert judged(world) == ({"Median"}, 0)

    tell(tmp_path, story)
