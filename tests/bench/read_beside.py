"""How fast ingest is while people look: posts a second alone, and with ten pages that are open.

    python -m tests.bench.read_beside [ROUNDS] [SECONDS]

Ingest, reader, sidecars and pages are a process each; all posts go over TLS and are durable. As in
the chart, ingest has ten times the reader's claim to a core that both want: here by niceness. Pages
are elsewhere in life, and give way to all else. Each asks for the study, its curves and its
trials once a second, with the tags of its last answers, and has a stream of events open. Rounds are
paired, so that who else uses the machine weighs on both; the ratio of their medians is printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from tests.bench.ingest_client import Load
from tests.bench.test_ingest_speed import ROOT, Server
from tests.read_api.serving import ADMIN, served

PAGES, SIDECARS, VALUES = 10, 32, 1
STUDY = "/v1/namespaces/research/studies/digits"
ASKED = ("", "/curves?points=100", "/trials?sort=value&limit=100", "/trials?limit=500")


async def serve(folder: Path) -> None:
    """Be the reader, until nobody listens any more."""
    async with served(f"sqlite:///{folder}/espalier.db", poll_seconds=1.0) as ask:
        print(ask.url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def look(url: str, counts: list[int]) -> None:
    """Be a page that is open."""
    tags: dict[str, str] = {}
    token = {"Authorization": f"Bearer {ADMIN}"}
    async with (
        aiohttp.ClientSession(headers=token) as session,
        session.get(f"{url}{STUDY}/events"),
    ):
        while True:
            began = time.monotonic()
            for question in ASKED:
                known = {"If-None-Match": tags[question]} if question in tags else {}
                async with session.get(f"{url}{STUDY}{question}", headers=known) as answer:
                    await answer.read()
                    counts[answer.status == 304] += 1
                    tags[question] = answer.headers.get("ETag", "")
            await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - began)))


async def open_pages(url: str) -> None:
    """Be all pages until the parent says that it is enough."""
    counts = [0, 0]
    tasks = [asyncio.create_task(look(url, counts)) for _ in range(PAGES)]
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(*counts, flush=True)


@contextmanager
def child(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Run another process of this benchmark."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


async def posts_a_second(load: Load, seconds: float) -> float:
    """Post as fast as answers come."""
    took = await load.as_fast_as_possible(seconds)
    return len(load.seconds) / took


async def posts_beside(load: Load, seconds: float, url: str, counts: list[int]) -> float:
    """Post while pages are open."""
    with child("tests.bench.read_beside", "look", url) as looking:
        assert looking.stdin is not None
        assert looking.stdout is not None
        looking.stdout.readline()
        found = await posts_a_second(load, seconds)
        looking.stdin.write("\n")
        looking.stdin.flush()
        for place, count in enumerate(looking.stdout.readline().split()):
            counts[place] += int(count)
    return found


async def measure(rounds: int, seconds: float) -> None:
    """Print the rounds, and the ratio of their medians."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        ingest = ("tests.bench.ingest_server", name, "-", str(SIDECARS))
        hello = Server(stack.enter_context(child(*ingest))).hello
        reader = stack.enter_context(child("tests.bench.read_beside", "serve", name))
        assert reader.stdout is not None
        url = reader.stdout.readline().strip()
        load = Load(hello["port"], hello["ca"], SIDECARS, VALUES)
        await load.connect()
        await load.as_fast_as_possible(3.0)  # begin with a study that has something to show
        alone: list[float] = []
        beside: list[float] = []
        counts = [0, 0]
        for number in range(rounds):
            alone.append(await posts_a_second(load, seconds))
            beside.append(await posts_beside(load, seconds, url, counts))
            print(f"round {number}: {alone[-1]:.0f} alone, {beside[-1]:.0f} beside", flush=True)
        ratio = statistics.median(beside) / statistics.median(alone)
        print(f"answers to pages: {counts[0]} new, {counts[1]} as they were")
        print(f"ratio of the medians: {ratio:.3f}; statuses {load.statuses}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        os.nice(10)
        asyncio.run(serve(Path(sys.argv[2])))
    elif sys.argv[1:2] == ["look"]:
        os.nice(19)
        asyncio.run(open_pages(sys.argv[2]))
    else:
        given = [float(word) for word in sys.argv[1:]]
        asyncio.run(measure(int(given[0]) if given else 5, given[1] if len(given) > 1 else 10.0))
