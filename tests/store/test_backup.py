"""A copy of the store while it is written to, and its way back, also to Studies with other uids."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from espalier.cli.main import main
from espalier.errors import UsageError
from espalier.store import Store, StudyRow, lines, open_store, read_log
from espalier.store.sqlite.backup import back_up, stage, staged
from espalier.store.sqlite.location import path_of
from tests.store.storing import SETTINGS, judged_by, storing, url_of, values
from tests.store.test_retention import counts, fill


def exported(url: str, name: str = "u1") -> list[str]:
    log = read_log(url, "research", name)
    assert log is not None
    return list(lines(log))


def filled(folder: Path) -> str:
    """Make a store with one study in it; return its URL."""
    folder.mkdir(exist_ok=True)

    async def run() -> None:
        async with storing(folder) as (store, row):
            await fill(store, row)

    asyncio.run(run())
    return url_of(folder)


def backup_of(url: str, target: Path) -> bytes:
    back_up(url, target)
    return target.read_bytes()


def empty(folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    return url_of(folder)


async def opened(url: str, **study: Any) -> tuple[StudyRow, list[StudyRow]]:
    """Open a store as an operator does, and a study in it; return it and all."""
    store = await open_store(url)
    try:
        row = await store.open_study(
            **{
                "uid": "u1",
                "namespace": "research",
                "name": "u1",
                "settings": judged_by(study.get("uid", "u1")),
                "at": 1.0,
                "version": "0",
                **study,
            }
        )
        return row, await store.studies()
    finally:
        await store.close()


def test_a_backup_holds_what_was_acknowledged_before_and_is_made_while_the_store_is_written_to(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await fill(store, row)
            url, target = url_of(tmp_path), tmp_path / "copy.db"
            stop = threading.Event()

            async def write() -> None:
                step = 100
                while not stop.is_set():
                    await store.commit(values(row.id, 0, step, seq=step))
                    step += 1

            writing = asyncio.create_task(write())
            before = len(exported(url))
            await asyncio.to_thread(back_up, url, target)
            stop.set()
            await writing
            copied = exported(f"sqlite:///{target}")
            assert before <= len(copied)
            assert set(copied) <= set(exported(url))

    asyncio.run(run())
    assert oct((tmp_path / "copy.db").stat().st_mode & 0o777) == "0o600"


def test_what_was_lost_comes_back_with_the_backup(tmp_path: Path) -> None:
    url = filled(tmp_path / "old")
    copy = backup_of(url, tmp_path / "copy.db")
    fresh = empty(tmp_path / "new")
    (found,) = stage(io.BytesIO(copy), fresh, new_uids=False)
    assert (found.namespace, found.name, found.trials, found.values) == ("research", "u1", 1, 9)
    row, rows = asyncio.run(opened(fresh))
    assert row.uid == "u1"
    assert [each.uid for each in rows] == ["u1"]
    assert exported(fresh) == exported(url)
    assert not staged(path_of(fresh)).exists()


def test_the_store_that_is_replaced_stays_beside_it(tmp_path: Path) -> None:
    url = filled(tmp_path / "old")
    copy = backup_of(url, tmp_path / "copy.db")
    other = filled(tmp_path / "new")
    asyncio.run(opened(other, uid="u2", name="later"))
    stage(io.BytesIO(copy), other, new_uids=False)
    _, rows = asyncio.run(opened(other))
    assert [row.name for row in rows] == ["u1"]
    replaced = f"sqlite:///{tmp_path}/new/espalier.db.replaced"
    assert exported(replaced, "later")


def test_taking_a_backup_up_survives_being_cut_off_anywhere(tmp_path: Path) -> None:
    """Each rename may be the last thing that happened."""
    url = filled(tmp_path / "old")
    copy = backup_of(url, tmp_path / "copy.db")
    for done in range(4):
        other = filled(tmp_path / f"new-{done}")
        path = path_of(other)
        path.with_name("espalier.db-wal").touch()
        path.with_name("espalier.db-shm").touch()
        stage(io.BytesIO(copy), other, new_uids=False)
        for suffix in ("", "-wal", "-shm")[:done]:
            path.with_name(path.name + suffix).replace(
                path.with_name(f"{path.name}.replaced{suffix}")
            )
        asyncio.run(opened(other))
        assert exported(other) == exported(url)
        assert exported(f"sqlite:///{path}.replaced")


def test_a_copy_that_an_earlier_backup_left_behind_is_removed_at_the_next_start(
    tmp_path: Path,
) -> None:
    url = filled(tmp_path)
    left = tmp_path / ".espalier.db.backup-1"
    left.touch()
    asyncio.run(opened(url))
    assert not left.exists()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda copy: b"", "it is no SQLite database", id="empty"),
        pytest.param(lambda copy: b'{"a": 1}\n' * 99, "it is no SQLite database", id="an export"),
        pytest.param(lambda copy: copy[: len(copy) // 2], "damaged or cut short", id="cut short"),
        pytest.param(
            lambda copy: copy[:4096] + b"\xff" * 4096 + copy[8192:], "damaged", id="overwritten"
        ),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_nothing_is_left(
    spoil: Any, says: str, tmp_path: Path
) -> None:
    copy = backup_of(filled(tmp_path / "old"), tmp_path / "copy.db")
    fresh = empty(tmp_path / "new")
    with pytest.raises(UsageError, match=says) as caught:
        stage(io.BytesIO(spoil(copy)), fresh, new_uids=False)
    assert caught.value.field == "--from"
    assert list((tmp_path / "new").iterdir()) == []


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE studies (id INTEGER)")
    with pytest.raises(UsageError, match="another program's"):
        stage((tmp_path / "other.db").open("rb"), empty(tmp_path / "new"), new_uids=False)


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = filled(tmp_path / "old")
    with sqlite3.connect(path_of(url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    copy = backup_of(url, tmp_path / "copy.db")
    with pytest.raises(UsageError, match="its schema is 9999"):
        stage(io.BytesIO(copy), empty(tmp_path / "new"), new_uids=False)


def test_a_target_that_exists_is_left_alone(tmp_path: Path) -> None:
    url, target = filled(tmp_path), tmp_path / "mine"
    target.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        back_up(url, target)
    assert target.read_text() == "mine"


def test_a_volume_without_room_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = filled(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Full())
    with pytest.raises(UsageError, match="enlarge the volume"):
        back_up(url, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


class _Full:
    free = 0


class TestNewUids:
    """The cluster was made anew, and with it every Study."""

    @pytest.fixture
    def restored(self, tmp_path: Path) -> str:
        copy = backup_of(filled(tmp_path / "old"), tmp_path / "copy.db")
        fresh = empty(tmp_path / "new")
        (found,) = stage(io.BytesIO(copy), fresh, new_uids=True)
        assert (found.name, found.values) == ("u1", 9)
        return fresh

    def test_a_study_of_the_same_name_takes_the_rows_over(self, restored: str) -> None:
        row, rows = asyncio.run(opened(restored, uid="new", adopt=True))
        assert (row.uid, row.settings) == ("new", SETTINGS)
        assert [each.uid for each in rows] == ["new"]
        first, *rest = [json.loads(line) for line in exported(restored)]
        assert first["uid"] == "new"
        assert len(rest) > 9

    def test_it_keeps_the_uid_that_it_was_first_judged_by(
        self, restored: str, tmp_path: Path
    ) -> None:
        asyncio.run(opened(restored, uid="new", adopt=True))
        copy = backup_of(restored, tmp_path / "again.db")
        fresh = empty(tmp_path / "newer")
        stage(io.BytesIO(copy), fresh, new_uids=True)
        row, _ = asyncio.run(opened(fresh, uid="newer", adopt=True))
        assert row.terms.study_uid == "u1"

    def test_more_trials_are_no_difference(self, restored: str) -> None:
        settings = judged_by("new", trials=99)
        row, _ = asyncio.run(opened(restored, uid="new", adopt=True, settings=settings))
        assert row.terms.study_uid == "u1"

    def test_it_is_judged_as_the_version_that_began_it_did(self, restored: str) -> None:
        settings = judged_by("new", clamps=True)
        row, _ = asyncio.run(opened(restored, uid="new", adopt=True, settings=settings))
        assert row.terms.study_uid == "u1"
        assert not row.terms.clamps

    @pytest.mark.parametrize(("edition", "taken"), [(1, True), (2, False)])
    def test_what_may_be_left_out_since_is_what_it_was(
        self, tmp_path: Path, edition: int, taken: bool
    ) -> None:
        breaker = {"minTrials": 6}
        was = {"withinSeconds": 60.0, "holdSeconds": 600.0}
        old = replace(
            judged_by("u1", edition=edition),
            pruning={"exemptPercent": 5.0, "breaker": breaker | was},
        )
        new = replace(judged_by("new"), pruning={"breaker": breaker})
        asyncio.run(opened(empty(tmp_path / "old"), settings=old))
        copy = backup_of(url_of(tmp_path / "old"), tmp_path / "copy.db")
        fresh = empty(tmp_path / "new")
        stage(io.BytesIO(copy), fresh, new_uids=True)
        row, _ = asyncio.run(opened(fresh, uid="new", adopt=True, settings=new))
        assert (row.terms.study_uid == "u1") is taken
        assert row.settings.pruning == (old if taken else new).pruning

    @pytest.mark.parametrize(
        "study",
        [
            pytest.param({"adopt": False}, id="one that has started"),
            pytest.param({"name": "other"}, id="one of another name"),
            pytest.param({"namespace": "other"}, id="one of another namespace"),
            pytest.param({"settings": judged_by("new", metric="x")}, id="one of another metric"),
        ],
    )
    def test_another_study_does_not(self, restored: str, study: dict[str, Any]) -> None:
        row, rows = asyncio.run(opened(restored, **{"uid": "new", "adopt": True, **study}))
        assert row.terms.study_uid == row.uid
        assert [each.uid for each in rows] == ["new"]
        assert counts(path_of(restored).parent)["observations"] == 9

    def test_the_study_of_the_backup_itself_gets_them_back_as_they_are(self, restored: str) -> None:
        row, _ = asyncio.run(opened(restored, adopt=True))
        assert (row.uid, row.settings) == ("u1", SETTINGS)

    def test_nobody_gets_them_where_two_await_the_same_study(self, tmp_path: Path) -> None:
        url = filled(tmp_path / "old")
        asyncio.run(opened(url, uid="u2"))
        copy = backup_of(url, tmp_path / "copy.db")
        fresh = empty(tmp_path / "new")
        assert len(stage(io.BytesIO(copy), fresh, new_uids=True)) == 2
        row, _ = asyncio.run(opened(fresh, uid="new", adopt=True))
        assert row.terms.study_uid == row.uid

    def test_rows_that_wait_are_not_purged_at_once(self, restored: str) -> None:
        async def run() -> None:
            store: Store = await open_store(restored, keep_closed=0.0)
            assert await store.purge() == 0
            await store.close()

        asyncio.run(run())
        assert counts(path_of(restored).parent)["observations"] == 9


def test_the_commands_pass_a_backup_through_standard_output_and_input(tmp_path: Path) -> None:
    """As `kubectl exec` does it, with a store that is open."""
    url = filled(tmp_path / "old")
    fresh = empty(tmp_path / "new")
    command = [sys.executable, "-m", "espalier.cli.main"]
    made = subprocess.run(
        [*command, "backup", "--to", "-", "--store", url], capture_output=True, check=True
    )
    assert not list((tmp_path / "old").glob(".*"))
    done = subprocess.run(
        [*command, "restore", "--from", "-", "--new-uids", "--store", fresh],
        input=made.stdout,
        capture_output=True,
        check=True,
    )
    said = done.stdout.decode()
    assert "research/u1: 1 ended trials, 9 values" in said
    assert "Restart the operator" in said
    asyncio.run(opened(fresh, uid="new", adopt=True))
    assert len(exported(fresh)) == len(exported(url))


def test_the_commands_write_and_read_files(tmp_path: Path) -> None:
    url, target = filled(tmp_path), tmp_path / "copy.db"
    done = CliRunner().invoke(main, ["backup", "--to", str(target), "--store", url])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["restore", "--from", str(target), "--store", url])
    assert "research/u1: 1 ended trials, 9 values" in done.output
    done = CliRunner().invoke(main, ["backup", "--to", str(target), "--store", url])
    assert done.exit_code == 2
    assert "exists already" in done.output
