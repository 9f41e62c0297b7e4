"""A store opens where it is safe, and says what to do where it is not."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from espalier.errors import RetryLater, UsageError
from espalier.store import open_store, schema
from espalier.store.sqlite.filesystem import kind_of, refuse_network
from tests.store.storing import storing, url_of, values

MOUNTS = """\
21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 21 0:26 / /var/lib/kubelet rw - tmpfs tmpfs rw
41 21 0:40 / /data rw - nfs4 filer:/export rw
42 41 254:9 / /data/local rw - xfs /dev/vdb rw
43 21 0:41 / /my\\040disk rw - fuse.sshfs host: rw
44 21 0:42 / /twice rw - nfs filer:/a rw
45 44 254:10 / /twice rw - ext4 /dev/vdc rw
""".splitlines()


def opened(url: str) -> None:
    async def run() -> None:
        await (await open_store(url)).close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/espalier", "ext4"),
        ("/data/espalier", "nfs4"),
        ("/data/local/espalier", "xfs"),
        ("/database", "ext4"),
        ("/my disk/espalier", "fuse.sshfs"),
        ("/twice/espalier", "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_longest_mount(path: str, kind: str) -> None:
    assert kind_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("path", ["/data/espalier", "/my disk/espalier"])
def test_network_file_systems_are_refused_with_a_remedy(path: str) -> None:
    with pytest.raises(UsageError, match=r"lies on (nfs4|fuse.sshfs).*ReadWriteOncePod"):
        refuse_network(Path(path), MOUNTS)
    refuse_network(Path("/data/local/espalier"), MOUNTS)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("espalier.db", "expected a URL such as sqlite:////"),
        ("postgresql://db/espalier", "PostgreSQL is not supported yet"),
        ("mysql://db/espalier", "expected sqlite; came mysql"),
        ("sqlite://", "a file that outlives the process"),
        ("sqlite:////nowhere/at/all/espalier.db", "there is none; mount the volume there"),
    ],
)
def test_urls_that_will_not_do(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        opened(url)


def test_a_second_operator_is_kept_away(tmp_path: Path) -> None:
    code = f"""
import asyncio
from espalier.errors import RetryLater
from espalier.store import open_store
try:
    asyncio.run(open_store({url_of(tmp_path)!r}))
except RetryLater as error:
    print(error)
"""

    async def run() -> str:
        async with storing(tmp_path):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, stdout=subprocess.PIPE
            )
            out, _ = await process.communicate()
            return out.decode()

    assert "another process writes to" in asyncio.run(run())
    opened(url_of(tmp_path))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            for trial in range(200):
                await store.commit(values(row.id, trial, *range(20)))

    asyncio.run(run())
    path = tmp_path / "espalier.db"
    with path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(b"\xff" * 4096 * 20)
    with pytest.raises(UsageError, match=r"is damaged .* restore a backup"):
        opened(url_of(tmp_path))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "espalier.db").write_text("values, values, values\n" * 1000)
    with pytest.raises(UsageError, match="damaged"):
        opened(url_of(tmp_path))


def test_a_schema_from_the_future_is_refused(tmp_path: Path) -> None:
    opened(url_of(tmp_path))
    with sqlite3.connect(tmp_path / "espalier.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UsageError, match=r"its schema is 9999, the newest .* knows is 0013"):
        opened(url_of(tmp_path))


def test_a_directory_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "espalier.db.lock").mkdir()
    with pytest.raises(RetryLater, match="cannot be opened"):
        opened(url_of(tmp_path))


def test_the_migrations_lead_to_the_tables_of_the_code(tmp_path: Path) -> None:
    opened(url_of(tmp_path))
    engine = create_engine(url_of(tmp_path))
    found = inspect(engine)
    assert set(found.get_table_names()) == {*schema.metadata.tables, "alembic_version"}
    for name, table in schema.metadata.tables.items():
        assert [column["name"] for column in found.get_columns(name)] == list(table.c.keys())
        for column in found.get_columns(name):
            length = getattr(table.c[column["name"]].type, "length", None)
            assert getattr(column["type"], "length", None) == length
        key = found.get_pk_constraint(name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key]
    indexes = {index["name"] for index in found.get_indexes("decisions")}
    assert "one_prune_a_trial" in indexes
    assert {index["name"] for index in found.get_indexes("observations")} == {schema.in_order.name}
    engine.dispose()


def test_commits_survive_a_power_cut(tmp_path: Path) -> None:
    """WAL with synchronous=FULL, as https://sqlite.org/pragma.html#pragma_synchronous has it."""

    async def run() -> list[object]:
        async with storing(tmp_path) as (store, _):
            with store._writer.begin() as connection:
                return [
                    connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "synchronous", "foreign_keys")
                ]

    assert asyncio.run(run()) == ["wal", 2, 1]
