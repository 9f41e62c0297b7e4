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
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp

from tests.bench.ingest_client import Load
from tests.bench.test_ingest_speed import ROOT, Server
from tests.read_api.serving import ADMIN, Crowd, served

PAGES, SIDECARS, VALUES = 10, 32, 1
STUDY = "/v1/namespaces/research/studies/digits"
ASKED = ("", "/curves?points=100", "/trials?sort=value&limit=100", "/trials?limit=500")


async def serve(folder: Path) -> None:
    """Be the reader, until nobody listens any more; answer each line with its memory."""
    url = f"sqlite:///{folder}/espalier.db"
    async with served(url, authority=Crowd(), poll_seconds=1.0) as asking:
        print(json.dumps({"url": asking.url}), flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(json.dumps({"rss_mib": used.ru_maxrss / 1024}), flush=True)


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
    await until_told(tasks)
    print(json.dumps({"new": counts[0], "as they were": counts[1]}), flush=True)


async def until_told(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Say that all is open, go on until the parent says that it is enough, and end."""
    print(json.dumps({"open": len(tasks)}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    raise_failed(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def raise_failed(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Raise what ended one of those that go on for ever."""
    for task in tasks:
        if task.done():
            task.result()


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


@asynccontextmanager
async def all_there(sidecars: int) -> AsyncIterator[tuple[Load, Server]]:
    """Run ingest and a reader of its store; give the connected sidecars, and the reader."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        ingest = ("tests.bench.ingest_server", name, "-", str(sidecars))
        hello = Server(stack.enter_context(child(*ingest))).hello
        reader = Server(stack.enter_context(child("tests.bench.read_beside", "serve", name)))
        load = Load(hello["port"], hello["ca"], sidecars, VALUES)
        await load.connect()
        yield load, reader


async def posts_a_second(load: Load, seconds: float) -> float:
    """Post as fast as answers come."""
    took = await load.as_fast_as_possible(seconds)
    return len(load.seconds) / took


async def posts_beside(load: Load, seconds: float, url: str, counts: Counter[str]) -> float:
    """Post while pages are open."""
    with child("tests.bench.read_beside", "look", url) as looking:
        pages = Server(looking)
        found = await posts_a_second(load, seconds)
        counts.update(pages.ask())
    return found


async def measure(rounds: int, seconds: float) -> None:
    """Print the rounds, and the ratio of their medians."""
    async with all_there(SIDECARS) as (load, reader):
        url = reader.hello["url"]
        await load.as_fast_as_possible(3.0)  # begin with a study that has something to show
        alone: list[float] = []
        beside: list[float] = []
        counts: Counter[str] = Counter()
        for number in range(rounds):
            alone.append(await posts_a_second(load, seconds))
            beside.append(await posts_beside(load, seconds, url, counts))
            print(f"round {number}: {alone[-1]:.0f} alone, {beside[-1]:.0f} beside", flush=True)
        ratio = statistics.median(beside) / statistics.median(alone)
        print(f"answers to pages: {counts['new']} new, {counts['as they were']} as they were")
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
