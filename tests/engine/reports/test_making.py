"""What was made for a study outlives its objects, the judge in memory, and the operator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from espalier.api import Study, parse_study
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import ReportError, RetryLater
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.record import End, MadeTrial, Origin
from espalier.pruning import TrialState
from espalier.store import Store, lines, open_store, read_log
from espalier.study_log.read_lines import read_lines
from tests.ingest.serving import UID, study_of
from tests.store.storing import url_of

MADE = MadeTrial("digits-0", '{"lr":0.1}', Origin.SAMPLED, created_at=5.0)
BY_HAND = MadeTrial("mine", '{"lr":0.2,"kind":"sgd"}', Origin.HAND_MADE, 77, 6.0, 8.0)
COMPLETED = End("Completed", "", TrialState.COMPLETED, 9.0)


@asynccontextmanager
async def opened(
    folder: Path, study: Study | None = None
) -> AsyncIterator[tuple[Store, OpenStudies]]:
    """Open a store as a new process does, and a study in it."""
    store = await open_store(url_of(folder))
    try:
        live = OpenStudies(store, lambda _uid, _number: None, rest_after=0.0)
        if study is not None:
            await live.open(study)
        yield store, live
    finally:
        await store.close()


def of_generation(generation: int, image: str = "x", **spec: object) -> Study:
    study = study_of(**spec).model_dump(mode="json", by_alias=True, exclude_none=True)
    study["metadata"]["generation"] = generation
    study["spec"]["template"] = {"spec": {"containers": [{"name": "trainer", "image": image}]}}
    return parse_study(study)


def test_what_trials_were_made_as_is_there_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, study_of()) as (_, live):
            assert live.record(UID).made == {}
            await live.note_made(UID, [(0, MADE), (1_000_000, BY_HAND)])
            assert live.record(UID).made == {0: MADE, 1_000_000: BY_HAND}
            assert live.record(UID).trials == {}
        async with opened(tmp_path, study_of()) as (_, live):
            assert live.record(UID).made == {0: MADE, 1_000_000: BY_HAND}

    asyncio.run(run())


def test_it_is_written_of_a_study_at_rest_without_its_judge(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, study_of()) as (_, live):
            await live.attempt_of(UID, 0, "pod")
            await live.finish(UID, 0, COMPLETED)
        async with opened(tmp_path, study_of()) as (store, live):
            (row,) = await store.studies()
            assert await store.rest(row) is not None
            await live.note_made(UID, [(0, MADE)])
            assert live.record(UID).made == {0: MADE}
            assert live.record(UID).trial(0).end == COMPLETED
            assert await store.rest(row) is not None

    asyncio.run(run())


def test_what_is_known_of_a_trial_replaces_its_row_and_takes_no_more_room(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, study_of()) as (store, live):
            await live.note_made(UID, [(1_000_000, BY_HAND)])
            before = await store.bytes_of_namespaces()
            await live.note_made(UID, [(1_000_000, BY_HAND)])
            assert await store.bytes_of_namespaces() == before
            (row,) = await store.studies()
            assert await store.made(row) == {1_000_000: BY_HAND}

    asyncio.run(run())


@pytest.mark.parametrize("number", [-1, 2**53 + 1])
def test_a_number_that_is_none_is_refused(tmp_path: Path, number: int) -> None:
    async def run() -> None:
        async with opened(tmp_path, study_of()) as (store, live):
            with pytest.raises(ReportError):
                await live.note_made(UID, [(number, MADE)])
            assert store.failures(1) == 0

    asyncio.run(run())


def test_a_study_that_is_not_open_is_asked_for_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path) as (_, live):
            with pytest.raises(RetryLater):
                await live.note_made(UID, [(0, MADE)])

    asyncio.run(run())


def test_what_the_study_says_is_kept_for_each_of_its_templates(tmp_path: Path) -> None:
    async def run() -> None:
        first, scaled = of_generation(1), of_generation(2, trials={"max": 50})
        corrected = of_generation(3, image="y")
        async with opened(tmp_path, first) as (store, live):
            await live.open(scaled)
            await live.open(scaled)
            await live.open(corrected)
            (row,) = await store.studies()
            told = await store.specs(row)
        assert [(each.generation, each.template) for each in told] == [
            (2, fingerprint(first.spec.template)),
            (3, fingerprint(corrected.spec.template)),
        ]
        again = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study"}
        again |= {"metadata": {"name": "digits", "namespace": "research", "uid": UID}}
        assert parse_study(again | {"spec": told[0].spec}).spec == scaled.spec
        async with opened(tmp_path, corrected) as (store, _):
            assert await store.specs(row) == told

    asyncio.run(run())


def test_scaling_a_study_a_hundred_times_takes_no_more_room_than_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, of_generation(1)) as (store, live):
            before = await store.bytes_of_namespaces()
            for generation in range(2, 102):
                await live.open(of_generation(generation, trials={"max": 100 + generation}))
            after = await store.bytes_of_namespaces()
            assert after["research"] - before["research"] < 100

    asyncio.run(run())


def test_the_export_tells_parameters_origin_and_spec(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path, study_of()) as (_, live):
            await live.note_made(UID, [(1_000_000, BY_HAND)])

    asyncio.run(run())
    log = read_log(url_of(tmp_path), "research", "digits")
    assert log is not None
    study, spec, trial = map(json.loads, lines(log))
    assert study["kind"] == "study"
    assert spec["spec"]["objective"] == {"metric": "val_accuracy", "direction": "Maximize"}
    assert trial == {
        "kind": "trial",
        "trial": 1_000_000,
        "name": "mine",
        "parameters": {"lr": 0.2, "kind": "sgd"},
        "origin": "HandMade",
        "template": 77,
        "created_at": 6.0,
        "started_at": 8.0,
        "told": None,
    }


def test_what_searches_were_told_of_a_number_stands_when_somebody_makes_it_anew(
    tmp_path: Path,
) -> None:
    other, third = '{"lr":0.7,"kind":"adam"}', '{"lr":0.8,"kind":"adam"}'

    async def run() -> None:
        async with opened(tmp_path, study_of()) as (store, live):
            await live.note_made(UID, [(7, BY_HAND)])
            await live.note_made(UID, [(7, replace(BY_HAND, parameters=other))])
            await live.note_made(UID, [(7, replace(BY_HAND, parameters=third))])
        async with opened(tmp_path, study_of()) as (store, live):
            made = live.record(UID).made[7]
            assert (made.parameters, made.told, made.told_of) == (
                third,
                BY_HAND.parameters,
                BY_HAND.parameters,
            )
            (row,) = await store.studies()
            log = await store.log(row)
            assert read_lines(lines(log), "it").made == {7: made}
            await live.note_made(UID, [(7, BY_HAND)])
            assert live.record(UID).made == {7: BY_HAND}

    asyncio.run(run())
