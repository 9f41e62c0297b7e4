"""How many posts ingest takes, and how long one takes: durable, authenticated, over TLS.

Server and client have a core each. The figures are printed; a busy machine makes them worse, so
the server's CPU time for a post is printed too: its inverse is what one free core can take.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bench.ingest_client import Load

ROOT = Path(__file__).parents[2]
CORES = sorted(os.sched_getaffinity(0))
LOOPS = ["asyncio", "uvloop"]


class Server:
    """The server process; `ask` returns its CPU seconds and memory."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.hello = self._line()

    def ask(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))


@contextmanager
def server(folder: Path, trials: int, loop: str) -> Iterator[Server]:
    command = [sys.executable, "-m", "tests.bench.ingest_server", str(folder)]
    process = subprocess.Popen(
        [*command, str(CORES[0]), str(trials), loop],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORES[-1]})
    try:
        yield Server(process)
    finally:
        os.sched_setaffinity(0, before)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("sidecars", "values"), [(100, 1), (20, 100)], ids=["one value a post", "100 values a post"]
)
def test_posts_a_second(sidecars: int, values: int, loop: str, tmp_path: Path) -> None:
    with server(tmp_path, sidecars, loop) as running:
        load = Load(running.hello["port"], running.hello["ca"], sidecars, values)
        before: dict[str, Any] = {}

        async def run() -> float:
            await load.connect()
            await load.as_fast_as_possible(1.0)
            before.update(running.ask())
            return await load.as_fast_as_possible(6.0)

        took = asyncio.run(run())
        posts, after = len(load.seconds), running.ask()
        cpu = (after["cpu"] - before["cpu"]) / posts
        assert set(load.statuses) == {200}
        print(
            f"\n{loop}, {sidecars} connections, {values} values a post: {posts / took:.0f}/s, "
            f"{posts * values / took:.0f} values/s; {cpu * 1e6:.0f} us of CPU a post = "
            f"{1 / cpu:.0f} posts/s, {values / cpu:.0f} values/s of a free core; "
            f"p50 {ms(load.seconds, 50):.1f} ms, p99 {ms(load.seconds, 99):.1f} ms"
        )


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("rate", [1, 100, 500])
def test_report_to_decision_committed(rate: int, loop: str, tmp_path: Path) -> None:
    sidecars = min(rate, 100)
    with server(tmp_path, sidecars, loop) as running:
        load = Load(running.hello["port"], running.hello["ca"], sidecars, 1)

        async def run() -> None:
            await load.connect()
            await load.at(rate, max(5.0, 20.0 / rate))

        asyncio.run(run())
        assert set(load.statuses) == {200}
        print(
            f"\n{loop}, {rate} reports/s: report -> decision committed and answered: "
            f"p50 {ms(load.seconds, 50):.1f} ms, p99 {ms(load.seconds, 99):.1f} ms"
        )


def ms(seconds: list[float], percentile: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percentile - 1] * 1e3
