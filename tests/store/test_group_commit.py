"""What `commit` promises: durable in order, all or nothing, no study in another's way."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from espalier.errors import RetryLater
from espalier.store import Batch, Store, open_store
from espalier.store.group_commit import GroupCommit
from espalier.store.store import Unobserved
from tests.store.storing import judged_by, new_study, runner_with_store, storing, url_of, values


def steps_in(folder: Path) -> list[tuple[int, int, int]]:
    with sqlite3.connect(folder / "espalier.db") as connection:
        found = connection.execute("SELECT study, trial, step FROM observations ORDER BY 1, 2, 3")
        return [tuple(row) for row in found]


def test_what_is_acknowledged_is_stored_and_nothing_else(tmp_path: Path) -> None:
    with runner_with_store(tmp_path) as (runner, store):

        @given(
            st.lists(
                st.tuples(st.integers(0, 2), st.lists(st.integers(0, 6), min_size=1, max_size=3)),
                max_size=12,
            )
        )
        @settings(max_examples=50, deadline=None)
        def law(batches: list[tuple[int, list[int]]]) -> None:
            runner.run(acknowledged_is_stored(store, batches))

        law()


async def acknowledged_is_stored(store: Store, batches: list[tuple[int, list[int]]]) -> None:
    rows = [await new_study(store) for _ in range(3)]
    futures = [store.commit(values(rows[study].id, 0, *steps)) for study, steps in batches]
    came = await asyncio.gather(*futures, return_exceptions=True)
    for study, row in enumerate(rows):
        own = [
            (steps, error)
            for (other, steps), error in zip(batches, came, strict=True)
            if other == study
        ]
        log = await store.log(row)
        assert sorted(seen.step for seen in log.observations) == sorted(
            step for steps, error in own if error is None for step in steps
        )
        # A batch fails only if its own study repeats a step: that is nobody else's fault.
        steps = [step for each, _ in own for step in each]
        if len(set(steps)) == len(steps):
            assert all(error is None for _, error in own)


def test_later_batches_of_a_study_fail_with_one_that_fails(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            await store.commit(values(row.id, 0, 1))
            bad, later = store.commit(values(row.id, 0, 1)), store.commit(values(row.id, 0, 2))
            for future in (bad, later):
                with pytest.raises(RetryLater):
                    await future
            assert store.failures(row.id) == 1
            await store.commit(values(row.id, 0, 3))
            assert steps_in(tmp_path) == [(row.id, 0, 1), (row.id, 0, 3)]

    asyncio.run(run())


def test_a_caller_that_goes_away_neither_loses_nor_stops_a_commit(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            futures = [store.commit(values(row.id, 0, step)) for step in range(20)]
            for future in futures[::2]:
                future.cancel()
            await asyncio.gather(*futures[1::2])
            await store.commit(values(row.id, 0, 99))
            assert len(steps_in(tmp_path)) == 21

    asyncio.run(run())


def test_commits_of_many_callers_share_transactions(tmp_path: Path) -> None:
    class Counter(Unobserved):
        rows: list[int] = []  # noqa: RUF012

        def store_committed(self, seconds: float, rows: int) -> None:
            assert seconds > 0
            self.rows.append(rows)

    async def run() -> None:
        store = await open_store(url_of(tmp_path), Counter())
        row = await store.open_study("u", "n", "s", judged_by("u"), at=1.0, version="0")
        await asyncio.gather(*(store.commit(values(row.id, trial, 1)) for trial in range(500)))
        await store.close()

    asyncio.run(run())
    assert sum(Counter.rows) == 500
    assert len(Counter.rows) < 50


def test_close_commits_what_waits(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            futures = [store.commit(values(row.id, 0, step)) for step in range(50)]
            await store.close()
            await asyncio.gather(*futures)
            with pytest.raises(RetryLater):
                store.commit(values(row.id, 0, 99))

    asyncio.run(run())
    assert len(steps_in(tmp_path)) == 50


def test_a_store_that_cannot_be_written_pauses_and_comes_back(tmp_path: Path) -> None:
    """A group fails as a whole; until a pause is over nothing is taken; then all is well."""
    errors: list[Exception | None] = [OperationalError("", {}, Exception("disk full")), None]

    def write(_batches: object) -> dict[int, Exception]:
        error = errors.pop(0)
        if error is not None:
            raise error
        return {}

    async def run() -> None:
        group = GroupCommit(write, None, Unobserved())  # type: ignore[arg-type]
        futures = [group.commit(Batch(study)) for study in (1, 2, 2)]
        came = await asyncio.gather(*futures, return_exceptions=True)
        assert [type(each) for each in came] == [RetryLater] * 3
        assert not group.available
        assert (group.failures(1), group.failures(2), group.failures(3)) == (1, 1, 0)
        with pytest.raises(RetryLater) as caught:
            group.commit(Batch(3))
        assert caught.value.after is not None
        await asyncio.sleep(caught.value.after)
        await group.commit(Batch(3))
        assert group.available

    asyncio.run(run())
