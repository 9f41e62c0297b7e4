"""Stores that earlier versions wrote: each is opened, and says what its own version said of it.

`tools.golden_store` makes one of them before a release.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from espalier.backtest.replay import replay
from espalier.engine.reports.open_studies import OpenStudies
from espalier.planning.world.record import StudyRecord
from espalier.store import lines, open_store, read_lines, read_log
from tests.store.storing import url_of
from tools.golden_store import ADOPTED, CLOSED, DIGITS, LANGUAGE

STORES = Path(__file__).parent.parent / "golden" / "stores"
SCHEMAS = sorted(path.name.partition(".")[0] for path in STORES.glob("*.db.gz"))
STUDIES = [
    (study["metadata"]["namespace"], study["metadata"]["name"])
    for study in (DIGITS, LANGUAGE, CLOSED, ADOPTED)
]
RENAMED = {"generation": "template"}
"""Keys of a row that had another name in an earlier version's export."""


@pytest.fixture(params=SCHEMAS)
def schema(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(schema: str, tmp_path: Path) -> str:
    """The URL of a store that an earlier version wrote."""
    (tmp_path / "espalier.db").write_bytes(unpacked(schema, "db"))
    return url_of(tmp_path)


def unpacked(schema: str, suffix: str) -> bytes:
    return gzip.decompress((STORES / f"{schema}.{suffix}.gz").read_bytes())


def said_then(schema: str) -> dict[str, list[dict[str, Any]]]:
    """Return by study what the version that wrote a store exported of it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in unpacked(schema, "jsonl").decode().splitlines():
        row = json.loads(line)
        if row["kind"] == "study":
            rows = found.setdefault(row["name"], [])
        rows.append(row)
    return found


def exported(url: str, namespace: str, name: str) -> list[dict[str, Any]]:
    log = read_log(url, namespace, name)
    assert log is not None
    return [json.loads(line) for line in lines(log)]


def opened(url: str) -> None:
    """Open a store as the operator does, which migrates it."""

    async def run() -> None:
        store = await open_store(url)
        await store.close()

    asyncio.run(run())


def missing(said: Any, says: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what was said and is not said any more, with what is said in its place."""
    if isinstance(said, dict) and isinstance(says, dict):
        for key, value in said.items():
            yield from missing(value, says.get(RENAMED.get(key, key), says.get(key)))
    elif said != says:
        yield said, says


@pytest.mark.parametrize(("namespace", "name"), STUDIES)
def test_a_store_of_an_earlier_version_says_what_it_said(
    url: str, schema: str, namespace: str, name: str
) -> None:
    said = said_then(schema)[name]
    opened(url)
    says = exported(url, namespace, name)
    kinds = {row["kind"] for row in said}
    says = [row for row in says if row["kind"] in kinds]
    assert len(says) == len(said)
    for before, after in zip(said, says, strict=True):
        assert list(missing(before, after)) == []


def test_the_values_stay_where_they_are_and_names_have_more_room(url: str, tmp_path: Path) -> None:
    """The largest table is not copied: a full volume would not have the room."""
    path = tmp_path / "espalier.db"
    place = "SELECT rootpage FROM sqlite_master WHERE name = 'observations'"
    with sqlite3.connect(path) as connection:
        before = connection.execute(place).fetchall()
        rows = connection.execute("SELECT * FROM observations").fetchall()
    opened(url)
    with sqlite3.connect(path) as connection:
        assert connection.execute(place).fetchall() == before
        assert connection.execute("SELECT * FROM observations").fetchall() == rows
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        columns = connection.execute("PRAGMA table_info(observations)").fetchall()
        assert ("metric", "VARCHAR(250)") in [column[1:3] for column in columns]


@pytest.mark.parametrize(("namespace", "name"), STUDIES)
def test_its_decisions_are_come_to_again_bit_for_bit(url: str, namespace: str, name: str) -> None:
    opened(url)
    log = read_log(url, namespace, name)
    assert log is not None
    result = replay(log, name)
    assert result.differences == ()
    rows = exported(url, namespace, name)
    assert result.decisions == sum(row["kind"] == "decision" for row in rows) > 0


@pytest.mark.parametrize("name", [name for _, name in STUDIES])
def test_an_earlier_export_is_replayed_bit_for_bit(schema: str, name: str) -> None:
    result = replay(read_lines(map(json.dumps, said_then(schema)[name]), name), name)
    assert result.differences == ()
    assert result.decisions > 0


def test_a_restart_finds_the_trials_of_an_earlier_version(url: str, schema: str) -> None:
    said = said_then(schema)["digits"]
    ends = {row["trial"]: row for row in said if row["kind"] == "end"}
    record = asyncio.run(restarted(url))
    assert record.sampled == 7
    assert record.restraint.protected == {9}
    for number, end in ends.items():
        found = record.trial(number).end
        assert found is not None
        assert (found.reason, found.state, found.at) == (end["reason"], end["state"], end["at"])
        assert (found.gpu_seconds, found.held, found.pace) == (84.5, 91.0, 7.25)
    pruned = {row["trial"] for row in said if row.get("action") == "Prune" and not row["shadow"]}
    assert pruned == {number for number, each in record.trials.items() if each.prune is not None}
    assert [each.disruption for each in record.trial(7).attempts] == ["PreemptionByScheduler", ""]
    running = record.trial(11)
    assert (running.end, running.step, running.latest) == (None, 1, 0.5)


async def restarted(url: str) -> StudyRecord:
    store = await open_store(url)
    try:
        studies = OpenStudies(store, lambda _uid, _number: None)
        await studies.read_running()
        while studies.reading().studies:
            await asyncio.sleep(0)
        return studies.record(DIGITS["metadata"]["uid"])
    finally:
        await store.close()
