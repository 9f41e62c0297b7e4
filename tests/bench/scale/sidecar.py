"""One pod's connection to ingest, kept open: a post at a time, sent again until it is taken.

How long it waits before it tries again is the real sidecar's own rule.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from espalier_sidecar.backoff import Backoff
from tests.bench.scale.curves import Curves

_LENGTH = re.compile(rb"[Cc]ontent-[Ll]ength: (\d+)")
_AFTER = re.compile(rb"[Rr]etry-[Aa]fter: (\d+)")
METRIC = "accuracy"


@dataclass(frozen=True)
class Place:
    """Where ingest is, as the pods' own environment says.

    Parameters
    ----------
    host, port
        Its address.
    trust
        Trusts the CA that the operator gave the pods.
    """

    host: str
    port: int
    trust: ssl.SSLContext


@dataclass(frozen=True)
class Pod:
    """A pod of a trial, by its labels."""

    name: str
    uid: str
    namespace: str
    trial: str
    number: int

    @property
    def address(self) -> str:
        """An address of the machine's own that no other pod of the run has."""
        return f"127.{1 + self.number // 62500}.{self.number // 250 % 250}.{1 + self.number % 250}"


class Sidecar(asyncio.Protocol):
    """Posts one value when told to; tells each answer, and says when it is idle again.

    Parameters
    ----------
    told
        Called with itself, the seconds that an answer took and its status.
    """

    def __init__(self, pod: Pod, curves: Curves, told: Callable[[Sidecar, float, int], None]):
        self.pod = pod
        self.step = 0
        self.stored = 0
        self.pruned = False
        self.over = False
        self.connections = 0
        self.sent_at = 0.0
        self._curves = curves
        self._told = told
        self._token = ""
        self._backoff = Backoff()
        self._place: Place | None = None
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._body: bytes | None = None
        self._came = b""

    @property
    def idle(self) -> bool:
        """Whether it may post its next value: nothing is unanswered, and it has reported before."""
        return self._body is None and self.stored > 0 and not self.over and not self.pruned

    @property
    def reports(self) -> bool:
        """Whether a value of its has been stored."""
        return self.stored > 0

    def begin(self, place: Place, token: str) -> None:
        """Send the first value, with a token that is the pod's."""
        self._place, self._token = place, token
        self.post()

    def post(self) -> None:
        """Send the next step's value."""
        self.step += 1
        value = self._curves.value(self.pod.number, self.step)
        report = {"metric": METRIC, "step": self.step, "value": value}
        trial = f"{self.pod.namespace}/{self.pod.trial}"
        self._body = json.dumps({"trial": trial, "reports": [report], "final": False}).encode()
        self.sent_at = time.perf_counter()
        self._send()

    def close(self) -> None:
        """Be no pod any more."""
        self.over = True
        if self._transport is not None:
            self._transport.close()

    # -- the connection -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none of asyncio's classes
        self._transport, self._came = cast(asyncio.Transport, transport), b""
        self.connections += 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Come again where something is unanswered; else the next post opens a connection."""
        self._transport = None
        if self._body is not None:
            self._come_again(self._backoff.next(random.random()))

    def _come_again(self, after: float) -> None:
        if self._connecting is None and not self.over:
            loop = asyncio.get_running_loop()
            self._connecting = loop.create_task(self._connect(after))

    async def _connect(self, after: float) -> None:
        assert self._place is not None
        host, port, trust = self._place.host, self._place.port, self._place.trust
        loop = asyncio.get_running_loop()
        while not self.over and self._transport is None:
            await asyncio.sleep(after)
            after = self._backoff.next(random.random())
            with contextlib.suppress(OSError):
                await loop.create_connection(
                    lambda: self, host, port, ssl=trust, local_addr=(self.pod.address, 0)
                )
        self._connecting = None

    def _send(self) -> None:
        if self._body is None or self.over:
            return
        if self._transport is None:
            self._come_again(0.0)
            return
        assert self._place is not None
        head = (
            f"POST /v1/report HTTP/1.1\r\nHost: {self._place.host}\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Length: {len(self._body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + self._body)

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, separator, rest = self._came.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not separator or length is None or len(rest) < int(length[1]):
            return
        self._came = b""
        self._answered(int(head.split(b" ", 2)[1]), head, rest)

    def _answered(self, status: int, head: bytes, body: bytes) -> None:
        seconds = time.perf_counter() - self.sent_at
        if status == 200:
            self._body = None
            self._backoff.reset()
            self.stored = self.step
            decision = json.loads(body).get("decision") or {}
            self.pruned = self.pruned or decision.get("action") == "Prune"
        elif status in (429, 503):
            after = _AFTER.search(head)
            loop = asyncio.get_running_loop()
            delay = max(self._backoff.next(random.random()), float(after[1]) if after else 0.0)
            loop.call_later(delay, self._send)
        else:
            self._body = None
        self._told(self, seconds, status)
