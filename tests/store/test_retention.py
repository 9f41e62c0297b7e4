"""Rows of a closed study stay for a while, come back with its uid, and go with their space."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy.exc import OperationalError

from espalier.errors import RetryLater
from espalier.planning.world.record import AttemptRecord, End
from espalier.pruning import Action, Decision, Reason, TrialState
from espalier.store import (
    KEEP_CLOSED,
    Batch,
    Store,
    StoredProposal,
    StudyRow,
    decision_row,
    end_row,
    lines,
    migrate,
    open_store,
    proposal_row,
    read_log,
    retention,
    schema,
    sighting_row,
)
from espalier.store.sqlite.connections import writing
from tests.store.storing import SETTINGS, SETTINGS_TEXT, judged_by, storing, url_of, values

PROOF = "a list at version 17 does not hold it"
NOW = time.time()
LONG_AGO = NOW - KEEP_CLOSED - 3600
END = End("Completed", "Trained to the end.", TrialState.COMPLETED, 12.5)
KEPT = Decision(0, 1, 1, Action.KEEP, Reason.START_UP, {}, None, None, "Median", {})
PROPOSED = StoredProposal(9, 3, '{"lr":0.5}', "TPE", 0, False, "0-2", "optuna 5.0.0", 3.0)


async def fill(store: Store, row: StudyRow, trials: int = 3) -> None:
    """Write rows of a study into every table."""
    await store.commit(
        Batch(
            row.id,
            attempts=[(row.id, trial, 1, f"pod-{trial}") for trial in range(trials)],
            sightings=[sighting_row(row.id, 0, AttemptRecord(1, "pod-0", held=2.0))],
            rules=[(row.id, 1, "Median", "{}")],
            decisions=[decision_row(row.id, KEPT, "", 1, 1, 1.0)],
            figures=[(row.id, 0, 1, 0.5, 0.5, 1, 1, 1, "Keep", "StartUp", None, None, 1, "{}")],
            ends=[end_row(row.id, 0, END, 10_000)],
            proposals=[proposal_row(row.id, PROPOSED)],
        )
    )
    for trial in range(trials):
        await store.commit(values(row.id, trial, 1, 2, 3, seq=1 + 3 * trial))


def counts(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "espalier.db") as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in schema.metadata.tables
        }


def test_a_closed_study_is_gone_for_every_reader_and_its_rows_stay(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await fill(store, row)
            before = counts(tmp_path)
            await store.close_study("u1", at=NOW, proof=PROOF)
            assert await store.studies() == []
            assert await store.running() == []
            assert await store.purge() == 0
            assert counts(tmp_path) == before
            with sqlite3.connect(tmp_path / "espalier.db") as connection:
                told = connection.execute("SELECT closed_at, closed_proof FROM studies").fetchone()
            assert told == (NOW, PROOF)

    asyncio.run(run())


@pytest.mark.parametrize("restarted", [False, True])
def test_opening_a_closed_study_again_brings_its_history_back(
    restarted: bool, tmp_path: Path
) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await fill(store, row)
            await store.commit(Batch(row.id, sampled=3))
            before = await store.log(row)
            await store.close_study("u1", at=NOW, proof=PROOF)
            if not restarted:
                await came_back(store, row, before)
        if restarted:
            async with storing(tmp_path) as (store, _):
                await came_back(store, row, before)

    asyncio.run(run())


async def came_back(store: Store, row: StudyRow, before: Any) -> None:
    # Other settings than the judged ones: those that it was judged by stand.
    back = await store.open_study(
        "u1", "research", "u1", judged_by("u1", metric="other"), at=NOW, version="9"
    )
    assert (back.id, back.settings, back.sampled) == (row.id, SETTINGS, 3)
    after = await store.log(back)
    assert (after.observations, after.decisions) == (before.observations, before.decisions)
    assert (after.ends, after.attempts) == (before.ends, before.attempts)
    assert [study.uid for study in await store.studies()] == ["u1"]
    await store.commit(values(row.id, 0, 4, seq=50))
    await store.purge()
    assert len((await store.log(back)).observations) == 10


def test_rows_go_when_the_retention_time_is_over_and_no_others(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            other = await store.open_study(
                "u2", "research", "u2", judged_by("u2"), at=1.0, version="0"
            )
            recent = await store.open_study(
                "u3", "research", "u3", judged_by("u3"), at=1.0, version="0"
            )
            for each in (row, other, recent):
                await fill(store, each)
            whole = counts(tmp_path)
            await store.close_study("u1", at=LONG_AGO, proof=PROOF)
            await store.close_study("u3", at=NOW, proof=PROOF)
            assert await store.purge() == 1
            assert counts(tmp_path) == {name: 2 * rows // 3 for name, rows in whole.items()}
            # A number is not given twice: what is late for the old study cannot reach the new.
            again = await store.open_study(
                "u1", "research", "u1", judged_by("u1"), at=3.0, version="0"
            )
            assert again.id > recent.id

    asyncio.run(run())


def test_without_a_retention_time_rows_go_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path, keep_closed=0) as (store, row):
            await fill(store, row)
            await store.close_study("u1", at=NOW, proof=PROOF)
            while any(counts(tmp_path).values()):
                await asyncio.sleep(0)

    asyncio.run(run())


def test_a_purge_that_was_interrupted_goes_on_and_nothing_half_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("espalier.store.sqlite.writer._PURGE", {**_small_steps()})

    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await fill(store, row)
            await store.close_study("u1", at=LONG_AGO, proof=PROOF)
            assert store._writer.begin_removal(row.id, NOW - KEEP_CLOSED, NOW)
            assert store._writer.remove_some(row.id)
            with pytest.raises(RetryLater, match="are being deleted"):
                await store.open_study("u1", "research", "u1", SETTINGS, at=NOW, version="0")
        assert counts(tmp_path)["observations"] == 8
        store = await open_store(url_of(tmp_path))
        while any(counts(tmp_path).values()):
            await asyncio.sleep(0)
        await store.close()

    asyncio.run(run())


def _small_steps() -> dict[str, str]:
    from espalier.store.sqlite.writer import _PURGE

    return {name: sql.replace("LIMIT 5000", "LIMIT 1") for name, sql in _PURGE.items()}


@pytest.mark.parametrize(
    "fault", [OperationalError("DELETE", {}, Exception("disk I/O error")), ValueError("a bug")]
)
def test_a_purge_that_fails_is_told_and_tried_again(
    fault: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(retention, "_EVERY", 0.001)
    monkeypatch.setattr(retention, "_PAUSE", 0.001)

    async def run() -> None:
        async with storing(tmp_path, keep_closed=0) as (store, row):
            await fill(store, row)
            purge, failures = store._writer.remove_some, 0

            def failing(study: int) -> bool:
                nonlocal failures
                failures += 1
                if failures < 3:
                    raise fault
                return purge(study)

            store._writer.remove_some = failing  # type: ignore[method-assign]
            await store.close_study("u1", at=NOW, proof=PROOF)
            while any(counts(tmp_path).values()):
                await asyncio.sleep(0.001)

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert len([each for each in caplog.records if "closed studies" in each.message]) == 2


def test_a_closed_study_can_be_exported_until_its_rows_go(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await fill(store, row)
            await store.close_study("u1", at=LONG_AGO, proof=PROOF)
            log = read_log(url_of(tmp_path), "research", "u1")
            assert log is not None
            assert len(list(lines(log))) == 1 + 3 + 1 + 9 + 1 + 1 + 1
            # A new study of the name hides it.
            await store.open_study("u2", "research", "u1", judged_by("u2"), at=1.0, version="0")
            hidden = read_log(url_of(tmp_path), "research", "u1")
            assert hidden is not None
            assert hidden.study.uid == "u2"
            await store.purge()

    asyncio.run(run())


def test_the_space_of_deleted_rows_goes_back_to_the_disk(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            empty = store.size()
            for trial in range(40):
                await store.commit(values(row.id, trial, *range(2000), seq=2000 * trial))
            full = (tmp_path / "espalier.db").stat().st_size
            assert full > 1_000_000
            await store.close_study("u1", at=LONG_AGO, proof=PROOF)
            await store.purge()
            assert (tmp_path / "espalier.db").stat().st_size < full / 5
        async with storing(tmp_path) as (store, row):
            assert store.size() < empty + 500_000

    asyncio.run(run())


def of_the_first_version(folder: Path, rows: int) -> None:
    """Make a database as the first schema had it, which kept free pages to itself."""
    path = folder / "espalier.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA auto_vacuum=NONE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE made_first (x)")
        connection.execute("DROP TABLE made_first")
    engine = writing(path)
    with engine.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number, deleted in ((1, None), (2, 5.0)):
            connection.exec_driver_sql(
                "INSERT INTO studies (id, uid, namespace, name, settings, opened_at, version, "
                "deleted_at) VALUES (?, ?, 'research', ?, ?, 1.0, '0.1.0', ?)",
                (number, f"u{number}", f"u{number}", SETTINGS_TEXT, deleted),
            )
            for step in range(rows):
                connection.exec_driver_sql(
                    "INSERT INTO observations VALUES (?, 0, 1, 'loss', ?, 0.5, ?, 1.0)",
                    (number, step, step + 1),
                )
    engine.dispose()


@pytest.mark.parametrize("room", [True, False])
def test_a_database_of_the_first_version_goes_on_and_can_shrink_where_there_is_room(
    room: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    of_the_first_version(tmp_path, rows=500)
    if not room:
        monkeypatch.setattr("espalier.store.sqlite.space._free", lambda _: 1000)

    async def run() -> None:
        store = await open_store(url_of(tmp_path))
        (row,) = await store.studies()
        assert (row.uid, row.sampled) == ("u1", 0)
        assert await store.rest(row) is None
        arrived = [each async for page in store.arrivals(row) for each in page]
        assert [each[0] for each in arrived] == list(range(1, 501))
        while counts(tmp_path)["studies"] > 1:
            await asyncio.sleep(0)
        await store.close()

    asyncio.run(run())
    with sqlite3.connect(tmp_path / "espalier.db") as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == ((2,) if room else (0,))
    assert ("MiB free on its volume" in caplog.text) == (not room)


def test_the_number_of_sampled_trials_only_grows(tmp_path: Path) -> None:
    async def run() -> list[int]:
        async with storing(tmp_path) as (store, row):
            seen = []
            for upto in (3, 2, 7, 0, 5):
                await store.commit(Batch(row.id, sampled=upto))
                (found,) = await store.studies()
                seen.append(found.sampled)
            return seen

    assert asyncio.run(run()) == [3, 3, 7, 7, 7]
