"""What each namespace's rows take on the disk is counted with every commit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic import command

from espalier.store import Batch, open_store
from espalier.store.migrate import _config
from espalier.store.sqlite.connections import writing
from tests.store.storing import judged_by, storing, url_of, values


def observations(study: int, metric: str, count: int) -> Batch:
    rows = [(study, 0, 1, metric, step, step / 7, step, 1e9 + step) for step in range(count)]
    return Batch(study, observations=rows)


def decisions(study: int, evidence: str, count: int) -> Batch:
    rows = [
        (study, 0, 1, step, "", "Keep", "WarmUp", None, None, 1, evidence, step, 1e9 + step)
        for step in range(count)
    ]
    return Batch(study, decisions=rows)


@pytest.mark.parametrize(
    ("metric", "evidence"),
    [
        ("loss", "{}"),
        ("m" * 250, "{}"),
        ("ä" * 250, "{}"),
        ("\U0001f600" * 250, "{}"),
        ("val_accuracy", '{"threshold":0.12345}' * 10),
    ],
    ids=["short", "long names", "longer names", "the longest names", "long evidence"],
)
def test_the_count_is_about_what_the_file_grows_by(
    metric: str, evidence: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            before = store.size()
            count = 20_000 if len(metric.encode()) < 900 else 2_000
            await store.commit(observations(row.id, metric, count))
            await store.commit(decisions(row.id, evidence, count))
            counted = (await store.bytes_of_namespaces())["research"]
        path = tmp_path / "espalier.db"
        grown = path.stat().st_size - before
        assert 0.7 < counted / grown < 1.5

    asyncio.run(run())


def test_a_commit_that_failed_is_not_counted_and_a_restart_forgets_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            first = values(row.id, 0, 1, 2, 3)
            await store.commit(first)
            for bad in (values(row.id, 0, 4, 1), values(row.id, 10**20, 1)):
                with pytest.raises(Exception, match="again"):
                    await store.commit(bad)
            other = await store.open_study(
                "u2", "elsewhere", "u2", judged_by("u2"), at=1.0, version="1"
            )
            second = values(other.id, 0, 1)
            await store.commit(second)
        again = await open_store(url_of(tmp_path))
        assert await again.bytes_of_namespaces() == {
            "research": first.bytes,
            "elsewhere": second.bytes,
        }
        await again.close()

    asyncio.run(run())


def test_rows_of_an_earlier_version_are_counted_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "espalier.db"
    engine = writing(path)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(
            "INSERT INTO studies (id, uid, namespace, name, settings, opened_at, version)"
            " VALUES (1, 'u', 'research', 'n', '{}', 1.0, '1'), (2, 'v', 'quiet', 'n', '{}', 1, '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO observations VALUES (1, 0, 1, 'loss', 0, 0.5, 1, 1.0),"
            " (1, 0, 1, 'loss', 1, 0.5, 2, 1.0)"
        )
    engine.dispose()

    async def run() -> None:
        store = await open_store(url_of(tmp_path))
        assert await store.bytes_of_namespaces() == {"research": 500, "quiet": 0}
        await store.close()

    asyncio.run(run())
