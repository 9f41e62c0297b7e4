"""A disk that is full, read-only or locked costs a 503 and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from espalier.errors import RetryLater
from espalier.store import Store
from espalier.store.sqlite import connections
from tests.patience import PATIENCE
from tests.store.storing import storing, values

ROOT = Path(__file__).parents[2]


async def until_it_works(attempt: Callable[[], Awaitable[None]]) -> int:
    """Try as a sidecar does, waiting as it is told to; return how often it was refused."""
    refused = 0
    while True:
        try:
            await attempt()
            return refused
        except RetryLater as error:
            refused += 1
            await asyncio.sleep(error.after or 0.1)


def break_once(store: Store, pragma: str) -> None:
    """Change the present connection; the store makes another one after a failure."""
    with store._writer.begin() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(pragma)


@pytest.mark.parametrize(
    "pragma",
    ["PRAGMA query_only=ON", "PRAGMA max_page_count=1"],
    ids=["read-only", "full"],
)
def test_a_disk_that_fails_once(pragma: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await store.commit(values(row.id, 0, 1))
            break_once(store, pragma)
            with pytest.raises(RetryLater):
                await store.commit(values(row.id, 1, *range(5000)))
            assert not store.available

            async def attempt() -> None:
                await store.commit(values(row.id, 1, *range(5000)))

            await until_it_works(attempt)
            assert store.available
            assert len((await store.log(row)).observations) == 5001

    asyncio.run(run())


def test_a_database_that_someone_else_has_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_SECONDS", 0.1)

    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            other = sqlite3.connect(tmp_path / "espalier.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(RetryLater, match="cannot be written"):
                await store.commit(values(row.id, 0, 1))
            assert await store.studies() == [row]
            other.execute("ROLLBACK")
            other.close()

            async def attempt() -> None:
                await store.commit(values(row.id, 0, 1))

            await until_it_works(attempt)
            assert len((await store.log(row)).observations) == 1

    asyncio.run(run())


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.store.storing import storing, values
from tests.store.test_faults import until_it_works
from espalier.errors import RetryLater

async def main():
    async with storing(Path(sys.argv[1])) as (store, row):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (store.size() + 200_000, most))
        acknowledged, trial = [], 0
        while True:
            try:
                await store.commit(values(row.id, trial, *range(200)))
            except RetryLater:
                break
            acknowledged.append(trial)
            trial += 1
        seen = {each.trial for each in (await store.log(row)).observations}
        assert sorted(seen) == acknowledged, (seen, acknowledged)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        async def attempt():
            await store.commit(values(row.id, trial, *range(200)))
        await until_it_works(attempt)
        print(len(acknowledged), len((await store.log(row)).observations))
asyncio.run(main())
"""


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The kernel refuses to let the file grow; when it may again, the same process goes on."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    acknowledged, stored = map(int, done.stdout.split())
    assert acknowledged > 3
    assert stored == 200 * (acknowledged + 1)


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.store.storing import storing, values

async def main():
    async with storing(Path(sys.argv[1])) as (store, row):
        async def write(trial):
            for step in range(1_000_000):
                await store.commit(values(row.id, trial, step))
                print(trial, step, flush=True)
        await asyncio.gather(*(write(trial) for trial in range(20)))
asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 50, 500])
def test_a_kill_in_the_middle_of_commits(lines: int, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    said += process.stdout.read().splitlines(keepends=True)
    process.wait()
    acknowledged = {tuple(map(int, line.split())) for line in said if line.endswith("\n")}

    async def stored() -> list[tuple[int, int]]:
        async with storing(tmp_path) as (store, row):
            return [(seen.trial, seen.step) for seen in (await store.log(row)).observations]

    found = asyncio.run(stored())
    assert len(acknowledged) >= lines
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))
    # What was stored and not acknowledged is what was on its way, one for each writer at most.
    assert len(found) - len(acknowledged) <= 20
