"""The operator's process is killed while sidecars post: acknowledged is stored, exactly once."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from espalier.api.judging import judge_of
from espalier.engine.reports.open_studies import OpenStudies
from espalier.store import open_store
from tests.bench.ingest_client import Load
from tests.bench.ingest_server import STUDY
from tests.engine.replaying import replay

ROOT = Path(__file__).parents[2]
SIDECARS = 20


def start(folder: Path) -> tuple[subprocess.Popen[str], Load]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.ingest_server", str(folder), "-", str(SIDECARS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    hello = json.loads(process.stdout.readline())
    return process, Load(hello["port"], hello["ca"], SIDECARS, 2)


async def post_until_killed(
    process: subprocess.Popen[str], load: Load, posts: int, how: signal.Signals
) -> None:
    await load.connect()
    going = asyncio.create_task(load.as_fast_as_possible(60.0))
    while len(load.seconds) < posts:
        await asyncio.sleep(0.001)
    process.send_signal(how)
    await asyncio.to_thread(process.wait)
    # What the kernel had received before is still read.
    await asyncio.sleep(0.1)
    going.cancel()


@pytest.mark.parametrize("posts", [20, 200, 600])
def test_acknowledged_is_stored_once_and_judged_the_same(posts: int, tmp_path: Path) -> None:
    process, load = start(tmp_path)
    asyncio.run(post_until_killed(process, load, posts, signal.SIGKILL))
    acknowledged = Counter(load.acknowledged)
    assert sum(acknowledged.values()) >= posts
    asyncio.run(check(tmp_path, acknowledged))


async def check(folder: Path, acknowledged: Counter[int]) -> None:
    store = await open_store(f"sqlite:///{folder}/espalier.db")
    (row,) = await store.studies()
    log = await store.log(row)
    steps: dict[int, list[int]] = {}
    for seen in log.observations:
        steps.setdefault(seen.trial, []).append(seen.step)
    for number in range(SIDECARS):
        stored, known = steps.get(number, []), 2 * acknowledged[number]
        # In order, without a gap, whole batches; at most the one on its way is stored beyond.
        assert stored == list(range(1, len(stored) + 1))
        assert len(stored) in (known, known + 2)
    # The decisions are those of a judge that sees the stored values.
    expected = [
        (seq, verdict.decision)
        for seq, verdict in replay(judge_of(row.settings), log)
        if verdict.decision is not None
    ]
    assert [(each.seq, each.decision) for each in log.decisions] == expected
    live = OpenStudies(store, lambda _uid, _number: None)
    await live.open(STUDY)
    pruned = {each.decision.trial for each in log.decisions if each.decision.prunes}
    record = live.record(row.uid)
    assert {number for number, trial in record.trials.items() if trial.prune} == pruned
    await store.close()
