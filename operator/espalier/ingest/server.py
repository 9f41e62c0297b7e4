"""The HTTPS server that sidecars post to."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from espalier.engine.live import LiveStudies
from espalier.engine.submission import Answer, Binding
from espalier.errors import ReportError, RetryLater
from espalier.ingest import answers
from espalier.ingest.connections import Connections, peer_of
from espalier.ingest.identity import Identity, bearer
from espalier.ingest.parse import LARGEST_BODY, parse_report, too_large
from espalier.ingest.rate import Bucket, Buckets, TooFast
from espalier.ingest.reviews import Reviews

_LOG = logging.getLogger(__name__)
PATH = "/v1/report"
_JSON = "application/json"

Resolve = Callable[[str, str, str], Awaitable[Binding | None]]
"""Looks up a pod by namespace, name and uid that is not bound yet.

Returns its binding, None if the API server does not know the pod (yet); raises `ReportError` with
status 403 if it is not the present pod of a trial, `RetryLater` if nobody can be asked.
"""


class IngestObserver(Protocol):
    """What ingest tells about itself; see `espalier.metrics`."""

    def report_answered(self, code: str, seconds: float) -> None:
        """A post was answered: ``Accepted`` or the error's code."""


class _Unobserved:
    def report_answered(self, code: str, seconds: float) -> None:
        """Count nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender, and all of them, may ask for.

    Parameters
    ----------
    pod_rate, pod_burst : float
        Posts of a pod, a second and at once.
    total_rate, total_burst : float
        Posts of all pods.
    connections, connections_a_peer : int
        At the same time.
    silence_seconds, body_seconds, handshake_seconds : float
        For a connection without a whole request, for a body, and for the TLS handshake.
    """

    pod_rate: float = 10.0
    pod_burst: float = 40.0
    total_rate: float = 5000.0
    total_burst: float = 5000.0
    connections: int = 4096
    connections_a_peer: int = 256
    silence_seconds: float = 60.0
    body_seconds: float = 10.0
    handshake_seconds: float = 10.0


class Ingest:
    """Authenticates, checks and submits posts; answers when they are durable.

    Parameters
    ----------
    live : LiveStudies
        Takes the batches.
    reviews : Reviews
        Says whose token it is.
    resolve : Resolve
        Looks up pods that are not bound yet.
    limits : Limits
        What may be asked for.
    observe : IngestObserver, optional
        Told of each answer.
    """

    def __init__(
        self,
        live: LiveStudies,
        reviews: Reviews,
        resolve: Resolve,
        limits: Limits | None = None,
        observe: IngestObserver | None = None,
    ) -> None:
        self._live = live
        self._reviews = reviews
        self._resolve = resolve
        self._limits = limits or Limits()
        self._observe = observe or _Unobserved()
        now = time.monotonic()
        self._total = Bucket(self._limits.total_rate, self._limits.total_burst, now)
        self._pods = Buckets(self._limits.pod_rate, self._limits.pod_burst)
        self._resolving: dict[str, asyncio.Task[Binding | None]] = {}
        self._server: asyncio.Server | None = None
        self._connections: Connections | None = None
        self._sweeping: asyncio.Task[None] | None = None

    # -- the server -------------------------------------------------------------------------

    async def start(self, host: str | None, port: int, tls: ssl.SSLContext) -> int:
        """Listen, on all addresses if `host` is None; return the port."""
        limits = self._limits
        self._connections = Connections(
            self._handle,
            most=limits.connections,
            most_a_peer=limits.connections_a_peer,
            silence_seconds=limits.silence_seconds,
            # Bytes of a refused body that still come are read and dropped for so long, so that
            # the sender sees the answer and no reset.
            lingering_time=1.0,
            keepalive_timeout=limits.silence_seconds,
            auto_decompress=False,
            access_log=None,
        )
        self._server = await asyncio.get_running_loop().create_server(
            self._connections,
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=limits.handshake_seconds,
            backlog=1024,
        )
        self._sweeping = asyncio.get_running_loop().create_task(self._connections.sweep())
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Stop to listen, answer what has come, close."""
        if self._server is None or self._connections is None or self._sweeping is None:
            return
        self._server.close()
        self._sweeping.cancel()
        self._connections.pre_shutdown()
        await self._connections.shutdown(grace_seconds)

    # -- one post ---------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        began = time.perf_counter()
        connections = self._connections
        assert connections is not None
        connections.busy(request.protocol)
        code = "Accepted"
        try:
            return answers.accepted(await self._report(request, began))
        except ReportError as error:
            code = error.code
            response = answers.refused(error)
        except RetryLater as error:
            code = "RetryLater"
            response = answers.later(error)
        except ConnectionError:
            code = "Disconnected"
            raise
        except Exception:
            _LOG.exception("a post could not be answered; please report it")
            code = "InternalError"
            response = answers.failed()
        finally:
            self._observe.report_answered(code, time.perf_counter() - began)
            connections.idle(request.protocol)
        if request.can_read_body and not request.content.is_eof():
            response.force_close()
        return response

    async def _report(self, request: web.BaseRequest, began: float) -> Answer:
        _check_request(request)
        identity = await self._admit(request)
        batch = parse_report(await self._body(request))
        if self._live.binding(identity.pod_uid) is None:
            await self._bind(identity)
        return await self._live.submit(identity.pod_uid, batch, arrived=began)

    async def _admit(self, request: web.BaseRequest) -> Identity:
        now = time.monotonic()
        token = bearer(request.headers.get("Authorization"))
        identity = await self._reviews.identity(token, peer_of(request.transport))
        if wait := self._pods.take(identity.pod_uid, now):
            raise TooFast("this pod posts too often; send again later, more values a post", wait)
        # Last, so that a flood without tokens, or of one pod, takes nothing from the others.
        if wait := self._total.take(now):
            raise TooFast("the operator gets more posts than it takes; send again", wait)
        return identity

    async def _body(self, request: web.BaseRequest) -> bytes:
        content = request.content
        if content.is_eof():
            # Most bodies come with their headers: no timer, no task switch.
            body = content.read_nowait()
            if len(body) > LARGEST_BODY:
                raise too_large()
            return body
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await _read(request)
        except TimeoutError:
            raise ReportError(
                "TooSlow",
                f"expected the whole body within {self._limits.body_seconds:g} s; send it again",
                status=408,
            ) from None

    async def _bind(self, identity: Identity) -> None:
        """Look a pod up that the watch has not shown yet; one question for all its posts."""
        task = self._resolving.get(identity.pod_uid)
        if task is None:
            task = asyncio.ensure_future(
                self._resolve(identity.namespace, identity.pod_name, identity.pod_uid)
            )
            self._resolving[identity.pod_uid] = task
            task.add_done_callback(lambda done: self._resolved(identity.pod_uid, done))
        binding = await asyncio.shield(task)
        if binding is not None:
            self._live.bind(binding)

    def _resolved(self, pod_uid: str, done: asyncio.Task[Binding | None]) -> None:
        del self._resolving[pod_uid]
        if not done.cancelled():
            done.exception()  # Whoever asked may be gone; that is no error of ours.


def _check_request(request: web.BaseRequest) -> None:
    if request.path != PATH:
        raise ReportError("NotFound", f"expected {PATH}", status=404)
    if request.method != "POST":
        raise ReportError("BadMethod", f"expected POST; came {request.method[:20]!a}", status=405)
    headers = request.headers
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ReportError(
            "BadEncoding", "expected a body that is not compressed; send plain JSON", status=415
        )
    if headers.get("Content-Type") != _JSON and request.content_type != _JSON:
        raise ReportError("BadEncoding", "expected Content-Type: application/json", status=415)
    if (request.content_length or 0) > LARGEST_BODY:
        raise too_large(request.content_length)


async def _read(request: web.BaseRequest) -> bytes:
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise too_large()
    return bytes(body)
