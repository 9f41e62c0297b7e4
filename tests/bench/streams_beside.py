"""What 200 open event streams cost those who report: 1,000 posts a second, with them and without.

    python -m tests.bench.streams_beside [ROUNDS] [SECONDS] [RATE]

Ingest, reader, sidecars and watchers are a process each, as in `read_beside`. Ten of the streams
are of people who take nothing that they are sent: bytes for them wait in the reader, and it has to
go on without them. Printed are how long posts took, alone and beside the streams, in paired rounds;
how many events each stream was sent; and what memory the reader took.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from espalier.read_api.callers import Caller
from tests.bench.ingest_client import Load
from tests.bench.read_beside import STUDY, child
from tests.bench.test_ingest_speed import Server, ms
from tests.read_api.serving import served

STREAMS, SLOW, PEOPLE, SIDECARS = 200, 10, 5, 100


class Everybody:
    """An authority that knows all, each by the token that is the name, and lets them see all."""

    async def caller(self, token: str) -> Caller | None:
        """Return whose token it is."""
        return Caller(token)

    async def allowed(self, caller: Caller, verb: str, namespace: str, name: str) -> bool:
        """Return whether somebody may see it."""
        return True


async def serve(folder: Path) -> None:
    """Be the reader, until nobody listens any more; answer each line with its memory."""
    url = f"sqlite:///{folder}/espalier.db"
    async with served(url, authority=Everybody(), poll_seconds=1.0) as asking:
        print(asking.url, flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


async def watch(session: aiohttp.ClientSession, url: str, number: int, events: list[int]) -> None:
    """Take all that a stream is sent."""
    headers = {"Authorization": f"Bearer person-{number % PEOPLE}"}
    async with session.get(f"{url}{STUDY}/events", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        async for line in answer.content:
            events[number] += line.startswith(b"event: change")


async def sit(url: str, number: int) -> None:
    """Open a stream, and take nothing of it."""
    address = urlsplit(url)
    _, writer = await asyncio.open_connection(address.hostname, address.port, limit=1)
    writer.write(
        f"GET {STUDY}/events HTTP/1.1\r\nHost: reader\r\n"
        f"Authorization: Bearer person-{number % PEOPLE}\r\n\r\n".encode()
    )
    with contextlib.closing(writer):
        await asyncio.Event().wait()


async def watch_all(url: str) -> None:
    """Be all who watch, until the parent says that it is enough."""
    events = [0] * (STREAMS - SLOW)
    no_limit = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=no_limit, timeout=timeout) as session:
        tasks = [
            *(asyncio.create_task(sit(url, number)) for number in range(SLOW)),
            *(
                asyncio.create_task(watch(session, url, number, events))
                for number in range(STREAMS - SLOW)
            ),
        ]
        while not all(events):  # each has been told of a change: all are open
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)
        before = list(events)
        print("open", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps([now - then for now, then in zip(events, before, strict=True)]), flush=True)


async def beside(load: Load, rate: float, seconds: float, url: str) -> list[int]:
    """Post while streams are open; return how many events each was sent meanwhile."""
    with child("tests.bench.streams_beside", "watch", url) as watching:
        assert watching.stdin is not None
        assert watching.stdout is not None
        opened = asyncio.get_running_loop().run_in_executor(None, watching.stdout.readline)
        while not opened.done():  # a stream is told that something is new, so something has to be
            await load.at(rate, 1.0)
        await load.at(rate, seconds)
        watching.stdin.write("\n")
        watching.stdin.flush()
        events: list[int] = json.loads(watching.stdout.readline())
    return events


async def measure(rounds: int, seconds: float, rate: float) -> None:
    """Print the rounds."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        ingest = ("tests.bench.ingest_server", name, "-", str(SIDECARS))
        hello = Server(stack.enter_context(child(*ingest))).hello
        reader = stack.enter_context(child("tests.bench.streams_beside", "serve", name))
        assert reader.stdin is not None
        assert reader.stdout is not None
        url = reader.stdout.readline().strip()
        load = Load(hello["port"], hello["ca"], SIDECARS, 1)
        await load.connect()
        await load.at(rate, 3.0)
        middles: dict[str, list[float]] = {"alone": [], "beside": []}
        for number in range(rounds):
            for how in middles:
                events = await beside(load, rate, seconds, url) if how == "beside" else []
                if how == "alone":
                    await load.at(rate, seconds)
                middles[how].append(ms(load.seconds, 50))
                told = f"; events a stream {min(events)} to {max(events)}" if events else ""
                print(
                    f"round {number}, {how}: {len(load.seconds)} posts, p50 "
                    f"{ms(load.seconds, 50):.1f}, p99 {ms(load.seconds, 99):.1f} ms{told}",
                    flush=True,
                )
        ratio = statistics.median(middles["beside"]) / statistics.median(middles["alone"])
        reader.stdin.write("\n")
        reader.stdin.flush()
        print(f"ratio of the medians {ratio:.2f}; statuses {load.statuses}")
        print(f"the reader took {float(reader.stdout.readline()):.0f} MiB at most")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        os.nice(10)
        asyncio.run(serve(Path(sys.argv[2])))
    elif sys.argv[1:2] == ["watch"]:
        os.nice(19)
        asyncio.run(watch_all(sys.argv[2]))
    else:
        given = [float(word) for word in sys.argv[1:]]
        asyncio.run(
            measure(
                int(given[0]) if given else 3,
                given[1] if len(given) > 1 else 20.0,
                given[2] if len(given) > 2 else 1000.0,
            )
        )
