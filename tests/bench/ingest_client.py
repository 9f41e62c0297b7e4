"""Many sidecars on one core: connections that post one body after another, over TLS."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator

from tests.ingest.serving import HOST, token_of

_LENGTH = re.compile(rb"[Cc]ontent-[Ll]ength: (\d+)")


class Sidecar(asyncio.Protocol):
    """One keep-alive connection that posts when told to."""

    def __init__(self, number: int, bodies: Iterator[bytes], done: Callable[[float, int], None]):
        self._head = (
            f"POST /v1/report HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token_of(f'pod-{number}')}\r\nContent-Length: "
        ).encode()
        self._bodies = bodies
        self._done = done
        self._came = b""
        self._began: deque[float] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def post(self) -> None:
        """Send the next body."""
        body = next(self._bodies)
        self._began.append(time.perf_counter())
        self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))

    def data_received(self, data: bytes) -> None:
        self._came += data
        # Where answers are late there are several: the next post does not wait for the last one's.
        while (whole := self._answer()) is not None:
            self._done(time.perf_counter() - self._began.popleft(), whole)

    def _answer(self) -> int | None:
        """Take the first whole answer of what has come; return its status."""
        head, separator, rest = self._came.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if separator else None
        if length is None or len(rest) < int(length[1]):
            return None
        self._came = rest[int(length[1]) :]
        return int(head.split(b" ", 2)[1])


def bodies_of(number: int, values: int) -> Iterator[bytes]:
    """Yield the posts of a trial: `values` steps each, on and on."""
    step = 0
    while True:
        reports = [
            {"metric": "val_accuracy", "step": step + i, "value": 0.5 + number / 1e4}
            for i in range(1, values + 1)
        ]
        step += values
        trial = f"research/digits-{number}"
        yield json.dumps({"trial": trial, "reports": reports, "final": False}).encode()


class Load:
    """So many sidecars; counts the answers and how long they took."""

    def __init__(self, port: int, ca: str, sidecars: int, values: int) -> None:
        self._port, self._trust = port, ssl.create_default_context(cadata=ca)
        self._sidecars = [(number, bodies_of(number, values)) for number in range(sidecars)]
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}
        self.acknowledged: list[int] = []
        self._open: list[Sidecar] = []

    async def connect(self) -> None:
        """Open all connections."""
        loop = asyncio.get_running_loop()
        for number, bodies in self._sidecars:
            answered: list[Sidecar] = []

            def done(
                seconds: float,
                status: int,
                answered: list[Sidecar] = answered,
                number: int = number,
            ) -> None:
                self.seconds.append(seconds)
                if status == 200:
                    self.acknowledged.append(number)
                self.statuses[status] = self.statuses.get(status, 0) + 1
                self.answered(answered[0])

            sidecar = Sidecar(number, bodies, done)
            answered.append(sidecar)
            await loop.create_connection(lambda s=sidecar: s, HOST, self._port, ssl=self._trust)
            self._open.append(sidecar)

    def answered(self, sidecar: Sidecar) -> None:
        """Go on with the next post."""
        if self._going:
            sidecar.post()
        else:
            self._idle += 1

    async def as_fast_as_possible(self, seconds: float) -> float:
        """Post on all connections for so long; return how long it took until all were answered."""
        self._going, self._idle = True, 0
        self.seconds.clear()
        began = time.perf_counter()
        for sidecar in self._open:
            sidecar.post()
        await asyncio.sleep(seconds)
        self._going = False
        while self._idle < len(self._open):
            await asyncio.sleep(0.001)
        return time.perf_counter() - began

    async def at(self, rate: float, seconds: float) -> None:
        """Post at a steady rate, each connection in turn, whether or not answers are late."""
        self._going, self._idle = False, 0
        self.seconds.clear()
        began = time.perf_counter()
        count = int(rate * seconds)
        for index in range(count):
            wait = began + index / rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            self._open[index % len(self._open)].post()
        while self._idle < count:
            await asyncio.sleep(0.001)
