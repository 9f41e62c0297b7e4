"""What was seen of attempts comes out of the store as it went in, and goes with its study."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.api.judging import judge_of, settings_of
from espalier.planning.world.record import AttemptRecord, End
from espalier.pruning import TrialState
from espalier.store import (
    Batch,
    Store,
    end_row,
    lines,
    open_store,
    read_log,
    sighting_row,
    summary_text,
)
from espalier.store.migrate import _config
from espalier.store.sqlite.connections import writing
from tests.ingest.serving import study_of
from tests.store.storing import SETTINGS_TEXT, new_study, runner_with_store, storing, url_of, values

seconds = st.floats(0.0, 1e9, allow_nan=False)
words = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=63)
sightings = st.builds(
    AttemptRecord,
    attempt=st.integers(1, 40),
    pod_uid=st.uuids().map(str),
    pod=words,
    job_uid=words,
    gpus=seconds,
    held=seconds,
    ran=seconds,
    disruption=words,
    deleted=st.booleans(),
    suspended=st.booleans(),
    exit_code=st.none() | st.integers(-1, 255),
    exit_reason=words,
    over=st.booleans(),
)
Seen = Sequence[tuple[int, AttemptRecord]]
END = End("Completed", "", TrialState.COMPLETED, 9.0, held=61.5, pace=1.25)


def batch_of(study: int, seen: Seen) -> Batch:
    """Return a batch with attempts and what was seen of them."""
    return Batch(
        study,
        attempts=[(study, trial, each.attempt, each.pod_uid) for trial, each in seen],
        sightings=[sighting_row(study, trial, each) for trial, each in seen],
    )


def test_what_was_seen_comes_back_in_the_order_of_trials_and_attempts(tmp_path: Path) -> None:
    with runner_with_store(tmp_path) as (runner, store):

        @given(
            st.lists(
                st.tuples(st.integers(0, 9), sightings),
                max_size=6,
                unique_by=lambda pair: (pair[0], pair[1].attempt),
            )
        )
        @settings(max_examples=50, deadline=None)
        def law(given_: Seen) -> None:
            runner.run(comes_back(store, given_))

        law()


async def comes_back(store: Store, given_: Seen) -> None:
    row = await new_study(store)
    await store.commit(batch_of(row.id, given_))
    expected = sorted(given_, key=lambda pair: (pair[0], pair[1].attempt))
    assert (await store.head(row)).sightings == tuple(expected)
    assert (await store.log(row)).sightings == tuple(expected)


def test_what_is_seen_later_takes_the_place_of_what_was_seen(tmp_path: Path) -> None:
    first = AttemptRecord(1, "pod-a", pod="a", gpus=2.0, held=3.0)
    later = replace(first, held=9.0, over=True, exit_code=137, exit_reason="OOMKilled")

    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await store.commit(batch_of(row.id, [(0, first)]))
            counted = await store.bytes_of_namespaces()
            for each in (first, later):
                await store.commit(Batch(row.id, sightings=[sighting_row(row.id, 0, each)]))
            assert (await store.head(row)).sightings == ((0, later),)
            assert await store.bytes_of_namespaces() == counted, "it takes no more room"

    asyncio.run(run())


def test_a_study_at_rest_has_what_was_seen_of_its_trials(tmp_path: Path) -> None:
    seen = [AttemptRecord(n, f"pod-{n}", held=4.0 * n, over=True) for n in (1, 2)]

    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await store.commit(batch_of(row.id, [(0, each) for each in seen]))
            figures = (row.id, 0, 1, 0.5, 0.5, 1, *(None,) * 8)
            await store.commit(Batch(row.id, ends=[end_row(row.id, 0, END, 5)], figures=[figures]))
            summary = summary_text(judge_of(settings_of(study_of())).summary())
            await store.commit(Batch(row.id, summary=summary))
            rest = await store.rest(row)
            assert rest is not None
            record = rest[0][0]
            assert record.attempts == tuple(seen)
            assert record.end == END
            assert record.pace == END.pace

    asyncio.run(run())


def test_what_was_seen_is_exported_after_the_attempts(tmp_path: Path) -> None:
    seen = AttemptRecord(1, "pod-a", pod="a", gpus=1.0, held=3.5, deleted=True)

    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await store.commit(batch_of(row.id, [(0, seen)]))
            await store.commit(values(row.id, 0, 1, seq=1))

    asyncio.run(run())
    log = read_log(url_of(tmp_path), "research", "u1")
    assert log is not None
    rows = [json.loads(line) for line in lines(log)]
    assert [row["kind"] for row in rows] == ["study", "attempt", "sighting", "observation"]
    assert rows[2]["held"] == 3.5
    assert rows[2]["deleted"] is True


def test_a_store_of_the_version_before_is_read_with_nothing_seen(tmp_path: Path) -> None:
    engine = writing(tmp_path / "espalier.db")
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.exec_driver_sql(
            "INSERT INTO studies (id, uid, namespace, name, settings, opened_at, version)"
            " VALUES (1, 'u', 'research', 'n', ?, 1.0, '1')",
            (SETTINGS_TEXT,),
        )
        connection.exec_driver_sql("INSERT INTO attempts VALUES (1, 0, 1, 'pod-a')")
        connection.exec_driver_sql(
            "INSERT INTO ends VALUES (1, 0, 'Completed', 'Completed', '', 2.0, 7.0, 0.0, 0, 3)"
        )
    engine.dispose()

    async def run() -> None:
        store = await open_store(url_of(tmp_path))
        (row,) = await store.studies()
        head = await store.head(row)
        assert head.sightings == ()
        assert head.attempts == [(0, 1, "pod-a")]
        (stored,) = head.ends
        assert (stored.end.gpu_seconds, stored.end.held, stored.end.pace) == (7.0, 0.0, None)
        await store.close()

    asyncio.run(run())
