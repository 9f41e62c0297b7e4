"""Studies that continue others, in the simulated cluster."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from espalier.kube import CONFIG_MAP, STUDY
from espalier.store import lines, read_log
from tests.simulation import objects
from tests.simulation.telling import tell, tell_without_laws
from tests.simulation.world import World

FINITE = [
    {"name": "lr", "float": {"min": 0.25, "max": 1.0, "step": 0.25}},
    {"name": "kind", "categorical": {"values": ["a", "b"]}},
]
"""Eight configurations."""
FEW = {"max": 3, "parallelism": 2, "maxFailed": 9}
REST = {"max": 99, "parallelism": 2, "maxFailed": 9}


def create(world: World, name: str, **spec: Any) -> None:
    spec = {"parameters": FINITE, "pruner": {"type": "Nop"}, "trials": FEW, **spec}
    body = objects.study(name, **spec)
    body["metadata"]["labels"] = {"task": "digits"}
    world.create(STUDY, body)


def over(world: World, name: str) -> Callable[[], bool]:
    return lambda: world.condition("studies", name, "Succeeded").get("status") in ("True", "False")


def status(world: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = (world.api.find("studies", name) or {}).get("status") or {}
    return found


def configurations(world: World, *studies: str) -> list[str]:
    return [
        json.dumps(each["spec"]["parameters"], sort_keys=True)
        for each in world.api.of("trials", "n")
        if each["spec"]["study"]["name"] in studies
    ]


def origins(world: World, study: str) -> dict[int, str]:
    asked = (
        "SELECT number, origin FROM trials JOIN studies ON studies.id = trials.study"
        " WHERE studies.name = ?"
    )
    with closing(sqlite3.connect(world.folder / "espalier.db")) as database:
        return dict(database.execute(asked, (study,)).fetchall())


async def begin_after(world: World, **warm_start: Any) -> None:
    """Run one study to its end, and let another begin with what it found."""
    create(world, "old")
    world.start()
    await world.until("the first study's end", over(world, "old"))
    create(world, "s", trials=REST, warmStart=warm_start)


@pytest.mark.parametrize(
    "studies",
    [[{"name": "old"}], [{"selector": {"matchLabels": {"task": "digits"}}}]],
    ids=["by name", "by labels"],
)
def test_a_warm_started_study_runs_nothing_twice_and_ends_with_the_space(
    tmp_path: Path, studies: list[Any]
) -> None:
    async def story(world: World) -> None:
        await begin_after(world, studies=studies)
        await world.until("the end", over(world, "s"))
        await world.settle()
        ran = configurations(world, "old", "s")
        assert len(ran) == len(set(ran)) == 8
        assert world.condition("studies", "s", "Succeeded")["reason"] == "SpaceExhausted"
        told = status(world, "s")["warmStart"]
        assert (told["taken"], told["leftOut"]) == (3, 0)
        (source,) = told["sources"]
        assert (source["kind"], source["name"], source["taken"]) == ("Study", "old", 3)
        uid = (world.api.find("studies", "old") or {})["metadata"]["uid"]
        assert source["uid"] == uid

    tell(tmp_path, story)


def test_a_study_of_the_kind_that_cannot_begin_holds_no_other_up(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        nowhere = {"studies": [{"name": "never"}]}
        create(world, "stuck", warmStart=nowhere)
        create(world, "broken", parameters=[{"name": "lr", "float": {"min": 1.0, "max": 0.0}}])
        chosen = {"selector": {"matchLabels": {"task": "digits"}}}
        create(world, "s", trials=REST, warmStart={"studies": [chosen]})
        world.start()
        await world.until("the end", over(world, "s"))
        assert status(world, "s")["warmStart"]["taken"] == 0
        assert len(configurations(world, "s")) == 8

    tell(tmp_path, story)


def test_a_deleted_study_goes_on_under_its_own_name(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        create(world, "s")
        world.start()
        await world.until("the end", world.over)
        world.delete(STUDY, "s")
        await world.settle()
        before = configurations(world, "s")
        create(world, "s", trials=REST, warmStart={"studies": [{"name": "s"}]})
        await world.until("the second end", world.over)
        assert status(world, "s")["warmStart"]["taken"] == 3
        assert len(configurations(world, "s")) == 5 + len(before)

    tell_without_laws(tmp_path, story)


@pytest.mark.parametrize("moment", ["before it is read", "when it is read", "in the middle"])
def test_an_operator_that_dies_takes_over_once_and_runs_nothing_twice(
    tmp_path: Path, moment: str
) -> None:
    async def story(world: World) -> None:
        await begin_after(world, studies=[{"name": "old"}])
        if moment == "when it is read":
            await world.until("the reading", lambda: "warmStart" in status(world, "s"))
        elif moment == "in the middle":
            await world.until("a trial", lambda: len(configurations(world, "s")) >= 2)
        await world.kill()
        if moment != "before it is read":
            world.delete(STUDY, "old")
        world.start()
        await world.until("the end", over(world, "s"))
        ran = configurations(world, "s")
        assert len(ran) == len(set(ran)) == 5
        assert status(world, "s")["warmStart"]["taken"] == 3

    tell(tmp_path, story)


def test_asked_to_it_runs_what_was_run(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await begin_after(world, studies=[{"name": "old"}], rerun=True)
        await world.until("the end", over(world, "s"))
        assert len(set(configurations(world, "s"))) == 8

    tell(tmp_path, story)


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a study that is gone": (
        {"studies": [{"name": "never"}]},
        {},
        "spec.warmStart.studies[0].name: expected a Study of namespace n that has run",
    ),
    "one of another direction": (
        {"studies": [{"name": "old"}]},
        {"objective": {"metric": "accuracy", "direction": "Minimize"}},
        "expected trials that minimize accuracy as this study does, got Study old, which maximizes",
    ),
    "one without a parameter in common": (
        {"studies": [{"name": "old"}]},
        {"parameters": [{"name": "depth", "int": {"min": 1, "max": 4}}]},
        "expected at least one of the study's parameters (depth), got Study old with kind, lr",
    ),
    "a ConfigMap that does not exist": (
        {"from": [{"configMap": {"name": "never", "key": "a"}}]},
        {},
        "spec.warmStart.from[0].configMap.name: expected a ConfigMap of namespace n, got never",
    ),
    "a key that it has not": (
        {"from": [{"configMap": {"name": "digits", "key": "b.jsonl"}}]},
        {},
        "expected one of the keys of ConfigMap digits (a.csv, torn.jsonl), got b.jsonl",
    ),
    "a table that is none": (
        {"from": [{"configMap": {"name": "digits", "key": "a.csv"}}]},
        {},
        "digits/a.csv, line 3: expected 3 cells as the header has, got 2; correct the row",
    ),
    "a log that is torn": (
        {"from": [{"configMap": {"name": "digits", "key": "torn.jsonl"}}]},
        {},
        "ConfigMap digits/torn.jsonl: expected a log of `espalier export`",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_does_not_fit_starts_nothing_and_is_named_with_the_remedy(
    tmp_path: Path, fault: str
) -> None:
    warm_start, spec, says = BAD[fault]

    async def story(world: World) -> None:
        config_map(world, "digits", "a.csv", "lr,kind,accuracy\n0.5,a,0.9\n0.5,b\n")
        world.change(CONFIG_MAP, "digits", {"data": {"torn.jsonl": '{"kind": "end", "trial": 1}'}})
        create(world, "old")
        world.start()
        await world.until("the first study's end", over(world, "old"))
        create(world, "s", warmStart=warm_start, **spec)
        await world.settle(45.0)
        said = world.condition("studies", "s", "Accepted")
        assert (said["status"], said["reason"]) == ("False", "WarmStartRefused")
        assert says in said["message"]
        assert "; " in said["message"]
        assert configurations(world, "s") == []
        assert "startTime" not in status(world, "s")

    tell_without_laws(tmp_path, story)


def config_map(world: World, name: str, key: str, text: str) -> None:
    world.create(CONFIG_MAP, {"metadata": {"name": name}, "data": {key: text}})


def test_a_refused_study_begins_once_what_it_waits_for_is_there(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.start()
        table = [{"configMap": {"name": "digits", "key": "a.csv"}}]
        create(world, "s", trials=REST, warmStart={"from": table})
        await world.until(
            "the refusal",
            lambda: world.condition("studies", "s", "Accepted").get("status") == "False",
        )
        config_map(world, "digits", "a.csv", "lr,kind,accuracy\n0.5,a,0.9\n0.75,b,0.2\n2,b,0.2\n")
        await world.until("the end", over(world, "s"))
        assert len(set(configurations(world, "s"))) == 6
        told = status(world, "s")["warmStart"]
        assert told["taken"] == 2
        assert told["sources"][0]["leftOut"] == [{"reason": "lr out of its range", "trials": 1}]

    tell(tmp_path, story)


def test_a_refused_study_may_be_corrected(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await begin_after(world, studies=[{"name": "never"}])
        await world.until(
            "the refusal",
            lambda: world.condition("studies", "s", "Accepted").get("status") == "False",
        )
        world.change(STUDY, "s", {"spec": {"warmStart": {"studies": [{"name": "old"}]}}})
        await world.until("the end", over(world, "s"))
        assert status(world, "s")["warmStart"]["taken"] == 3

    tell(tmp_path, story)


def test_an_export_in_a_config_map_does_as_well_as_the_study(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        create(world, "old")
        world.start()
        await world.until("the first study's end", over(world, "old"))
        await world.settle()
        log = read_log(f"sqlite:///{world.folder / 'espalier.db'}", "n", "old")
        assert log is not None
        config_map(world, "digits", "log.jsonl", "\n".join(lines(log)))
        place = {"configMap": {"name": "digits", "key": "log.jsonl"}}
        both = {"studies": [{"name": "old"}], "from": [place]}
        create(world, "s", trials=REST, warmStart=both)
        await world.until("the end", over(world, "s"))
        ran = configurations(world, "old", "s")
        assert len(ran) == len(set(ran)) == 8
        first, second = status(world, "s")["warmStart"]["sources"]
        assert (first["taken"], second["taken"]) == (3, 0)
        assert second["uid"] == first["uid"]
        already = [{"reason": "taken from another source already", "trials": 3}]
        assert second["leftOut"] == already

    tell(tmp_path, story)


def test_configurations_that_a_study_lists_come_first_and_say_so(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        listed = [{"lr": 0.75, "kind": "b"}, {"kind": "a"}]
        create(world, "s", enqueue=listed)
        world.start()
        await world.until("the end", world.over)
        ran = [json.loads(text) for text in configurations(world, "s")]
        assert ran[0] == listed[0]
        assert ran[1]["kind"] == "a"
        await world.settle()
        assert list(origins(world, "s").values()) == ["Enqueued", "Enqueued", "Sampled"]

    tell(tmp_path, story)


def test_a_configuration_that_is_listed_later_is_tried_next(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        create(world, "s")
        world.start()
        await world.until("the end", world.over)
        left = next(
            each
            for each in ({"lr": lr, "kind": kind} for lr in (0.25, 0.5) for kind in "ab")
            if json.dumps(each, sort_keys=True) not in configurations(world, "s")
        )
        patch = {"spec": {"enqueue": [left], "trials": {"max": 4}}}
        world.change(STUDY, "s", patch)
        await world.until("one more", lambda: len(configurations(world, "s")) == 4)
        assert json.loads(configurations(world, "s")[3]) == left

    tell(tmp_path, story)


def test_a_finished_study_goes_on_when_more_trials_are_asked_for(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        create(world, "s", sampler={"type": "TPE", "tpe": {"startupTrials": 2}})
        world.start()
        await world.until("the end", world.over)
        before = configurations(world, "s")
        assert len(before) == 3
        world.change(STUDY, "s", {"spec": {"trials": {"max": 6}}})
        await world.until("more", lambda: len(configurations(world, "s")) == 6)
        await world.until(
            "the second end", lambda: status(world, "s").get("ended") == "6/6" and world.over()
        )
        after = configurations(world, "s")
        assert after[:3] == before
        assert len(set(after)) == 6
        world.change(STUDY, "s", {"spec": {"trials": {"max": 50}}})
        await world.until(
            "the end of the space",
            lambda: world.condition("studies", "s", "Succeeded").get("reason") == "SpaceExhausted",
        )
        assert len(set(configurations(world, "s"))) == len(configurations(world, "s")) == 8

    tell(tmp_path, story)
