"""What a study takes over from earlier ones is stored once, exported, and goes with it."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

from espalier.planning.world.earlier import EarlierSource, EarlierTrial
from espalier.search import Outcome
from espalier.store import (
    Batch,
    StoredEarlier,
    earlier_rows,
    lines,
    open_store,
    read_lines,
    read_log,
    warm_start_row,
)
from espalier.store.contract import UID, settings_for

TRIALS = (
    EarlierTrial("old", 3, '{"lr":0.5}', Outcome.COMPLETED, (1, 2), (0.25, -0.0)),
    EarlierTrial("old", 1, '{"lr":1e-300}', Outcome.PRUNED, (1,), (math.nan,)),
    EarlierTrial("older", 1, '{"lr":1}', Outcome.FAILED),
)
SOURCES = (EarlierSource("Study", "digits-1", "old", 2, {"failed by no fault": 4}),)
EARLIER = StoredEarlier(77, SOURCES, TRIALS, 5.0)


def test_what_was_taken_over_is_read_back_by_the_next_process_and_out_of_an_export(
    tmp_path: Path,
) -> None:
    """In its order, diverged values and all; a second taking takes the place of the first."""
    url = f"sqlite:///{tmp_path / 'store.db'}"

    async def play() -> StoredEarlier | None:
        for earlier in (StoredEarlier(76, (), TRIALS[1:], 4.0), EARLIER):
            store = await open_store(url)
            row = await store.open_study(
                UID, "research", "s", settings_for(UID), at=1.0, version="0"
            )
            batch = Batch(row.id, warm_starts=[warm_start_row(row.id, earlier)])
            batch.earlier_trials += earlier_rows(row.id, earlier)
            await store.commit(batch)
            found = await store.earlier(row)
            assert repr((await store.log(row)).earlier) == repr(found)
            await store.close()
        return found

    assert repr(asyncio.run(play())) == repr(EARLIER)
    log = read_log(url, "research", "s")
    assert log is not None
    assert repr(log.earlier) == repr(EARLIER)
    written = list(lines(log))
    log = read_log(url, "research", "s")
    assert log is not None
    assert repr(read_lines(written, "log").earlier) == repr(EARLIER)


def test_it_goes_with_the_study(tmp_path: Path) -> None:
    """When the rows of a closed study go, these do too."""
    url = f"sqlite:///{tmp_path / 'store.db'}"

    async def play() -> None:
        store = await open_store(url, keep_closed=0.0)
        row = await store.open_study(UID, "research", "s", settings_for(UID), at=1.0, version="0")
        batch = Batch(row.id, warm_starts=[warm_start_row(row.id, EARLIER)])
        batch.earlier_trials += earlier_rows(row.id, EARLIER)
        await store.commit(batch)
        found = await store.named("research", "s")
        assert found is not None
        assert found.uid == UID
        await store.close_study(UID, at=1.0, proof="gone")
        await store.purge()
        assert await store.named("research", "s") is None
        assert await store.earlier(row) is None
        await store.close()

    asyncio.run(play())
