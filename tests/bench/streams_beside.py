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
import statistics
import sys
from urllib.parse import urlsplit

import aiohttp

from tests.bench.ingest_client import Load
from tests.bench.read_beside import STUDY, all_there, child, raise_failed, until_told
from tests.bench.test_ingest_speed import Server, ms

STREAMS, SLOW, PEOPLE, SIDECARS = 200, 10, 5, 100


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
            raise_failed(tasks)
            await asyncio.sleep(0.05)
        before = list(events)
        await until_told(tasks)
    told = [now - then for now, then in zip(events, before, strict=True)]
    print(json.dumps({"events": told}), flush=True)


async def beside(load: Load, rate: float, seconds: float, url: str) -> list[int]:
    """Post while streams are open; return how many events each was sent meanwhile."""
    with child("tests.bench.streams_beside", "watch", url) as watching:
        opened = asyncio.get_running_loop().run_in_executor(None, Server, watching)
        while not opened.done():  # a stream is told that something is new, so something has to be
            await load.at(rate, 1.0)
        await load.at(rate, seconds)
        events: list[int] = opened.result().ask()["events"]
    return events


def told(load: Load, number: int, how: str) -> float:
    """Print a round; return the median."""
    middle, late = (ms(load.seconds, percent) for percent in (50, 99))
    posts = f"{len(load.seconds)} posts, p50 {middle:.1f}, p99 {late:.1f} ms"
    print(f"round {number}, {how}: {posts}", flush=True)
    return middle


async def measure(rounds: int, seconds: float, rate: float) -> None:
    """Print the rounds."""
    async with all_there(SIDECARS) as (load, reader):
        await load.at(rate, 3.0)
        alone, with_streams = [], []
        for number in range(rounds):
            await load.at(rate, seconds)
            alone.append(told(load, number, "alone"))
            events = await beside(load, rate, seconds, reader.hello["url"])
            with_streams.append(told(load, number, "beside"))
            print(f"events a stream {min(events)} to {max(events)}", flush=True)
        ratio = statistics.median(with_streams) / statistics.median(alone)
        print(f"ratio of the medians {ratio:.2f}; statuses {load.statuses}")
        print(f"the reader took {reader.ask()['rss_mib']:.0f} MiB at most")


if __name__ == "__main__":
    if sys.argv[1:2] == ["watch"]:
        os.nice(19)
        asyncio.run(watch_all(sys.argv[2]))
    else:
        given = [float(word) for word in sys.argv[1:]]
        rounds, seconds, rate = [*given, *(3, 20.0, 1000.0)[len(given) :]]
        asyncio.run(measure(int(rounds), seconds, rate))
