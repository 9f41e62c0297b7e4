"""The HTTPS server that sidecars post to."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Acknowledgement
from espalier.errors import ReportError, RetryLater
from espalier.ingest import answers
from espalier.ingest.connections import Connections
from espalier.ingest.identity import Identity, bearer
from espalier.ingest.limits import Limits
from espalier.ingest.listening import connections_possible, listening
from espalier.ingest.parse import (
    LARGEST_BODY,
    LARGEST_OUTPUT,
    parse_heard,
    parse_output,
    parse_report,
    too_large,
)
from espalier.ingest.pods import Pods, Resolve
from espalier.ingest.rate import Bucket, Buckets, TooFast
from espalier.ingest.tokens import Tokens

_LOG = logging.getLogger(__name__)
PATH, HEARD, OUTPUT = "/v1/report", "/v1/heard", "/v1/output"
_LARGEST = {PATH: LARGEST_BODY, HEARD: LARGEST_BODY, OUTPUT: LARGEST_OUTPUT}
_JSON = "application/json"


class IngestObserver(Protocol):
    """What ingest tells about itself; see `espalier.metrics`."""

    def report_answered(self, code: str, seconds: float, trial: str = "") -> None:
        """A post was answered: ``Accepted``, with whose it was, or the error's code."""

    def connection_cut(self, why: str) -> None:
        """A connection was refused or given up."""


class _Unobserved:
    def report_answered(self, code: str, seconds: float, trial: str = "") -> None:
        """Count nothing."""

    def connection_cut(self, why: str) -> None:
        """Count nothing."""


class Ingest:
    """Authenticates, checks and submits posts; answers when they are durable.

    Parameters
    ----------
    live : OpenStudies
        Takes the batches.
    tokens : Tokens
        Says whose token it is.
    resolve : Resolve
        Looks up pods that are not bound yet.
    limits : Limits
        What may be asked for.
    observe : IngestObserver, optional
        Told of each answer.
    foreign : callable, optional
        Says which other operator works in a namespace; its trials' pods are told to come again.
    """

    def __init__(
        self,
        live: OpenStudies,
        tokens: Tokens,
        resolve: Resolve,
        limits: Limits | None = None,
        observe: IngestObserver | None = None,
        foreign: Callable[[str], str | None] | None = None,
    ) -> None:
        self._live = live
        self._foreign = foreign
        self._tokens = tokens
        self._limits = limits or Limits()
        self._observe = observe or _Unobserved()
        now = time.monotonic()
        self._total = Bucket(self._limits.total_rate, self._limits.total_burst, now)
        self._namespaces = Buckets(self._limits.namespace_rate, self._limits.namespace_burst)
        self._rates = Buckets(self._limits.pod_rate, self._limits.pod_burst)
        self._pods = Pods(live, resolve)
        self._connections: Connections | None = None

    # -- the server -------------------------------------------------------------------------

    async def start(self, host: str | None, port: int, tls: ssl.SSLContext) -> int:
        """Listen, on all addresses if `host` is None; return the port."""
        limits = self._limits
        limits = replace(limits, connections=connections_possible(limits.connections))
        listener = listening(host, port)
        self._connections = Connections(
            self._handle,
            tls,
            limits,
            self._observe.connection_cut,
            lambda: self._observe.report_answered("BadRequest", 0.0),
            # Bytes of a refused body that still come are read and dropped for so long, so that
            # the sender sees the answer and no reset.
            lingering_time=1.0,
            keepalive_timeout=limits.silence_seconds,
            auto_decompress=False,
            access_log=None,
        )
        self._connections.listen([listener])
        return int(listener.getsockname()[1])

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Stop to listen, answer what has come, close."""
        if self._connections is None:
            return
        self._connections.stop_listening()
        self._connections.pre_shutdown()
        await self._connections.shutdown(grace_seconds)

    # -- one post ---------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        began = time.perf_counter()
        connections = self._connections
        assert connections is not None
        connections.busy(request.protocol)
        code, stays, known, trial = "Accepted", True, False, ""
        try:
            identity = await self._identify(request)
            known = True
            stays = connections.recognise(request.protocol, identity.pod_uid)
            if request.path == HEARD:
                response = answers.heard(await self._hear(request, identity))
            elif request.path == OUTPUT:
                response = answers.kept(await self._keep_output(request, identity))
            else:
                taken, trial = await self._report(request, identity, began)
                response = answers.accepted(taken)
        except ReportError as error:
            code = error.code
            response = answers.refused(error)
            stays = stays if known else connections.refused(request.protocol)
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
            self._observe.report_answered(code, time.perf_counter() - began, trial)
            connections.idle(request.protocol)
        if not stays or (request.can_read_body and not request.content.is_eof()):
            response.force_close()
        return response

    async def _identify(self, request: web.BaseRequest) -> Identity:
        _check_request(request)
        token = bearer(request.headers.get("Authorization"))
        assert self._connections is not None
        return await self._tokens.identity(token, self._connections.peer(request.protocol))

    async def _report(
        self, request: web.BaseRequest, identity: Identity, began: float
    ) -> tuple[Acknowledgement, str]:
        """Take a report; return what became of it, and the trial that it is of."""
        self._admit(identity)
        batch = parse_report(await self._body(request))
        await self._pods.bind(identity)
        return await self._live.submit(identity.pod_uid, batch, arrived=began), batch.trial

    async def _hear(self, request: web.BaseRequest, identity: Identity) -> int:
        """Take what a sidecar says of its collectors; nothing of it is stored."""
        self._admit(identity)
        message = parse_heard(await self._body(request))
        await self._pods.bind(identity)
        self._live.hear(identity.pod_uid, message)
        return len(message.heard)

    async def _keep_output(self, request: web.BaseRequest, identity: Identity) -> int:
        """Keep what a trainer printed last."""
        self._admit(identity)
        message = parse_output(await self._body(request))
        await self._pods.bind(identity)
        return await self._live.keep_output(identity.pod_uid, message)

    def _admit(self, identity: Identity) -> None:
        """Raise where the sender posts too often, or another operator works in its namespace."""
        self._take_turn(identity)
        if self._foreign is not None and (other := self._foreign(identity.namespace)):
            raise RetryLater(f"operator {other} works in this namespace; send again", after=10.0)

    def _take_turn(self, identity: Identity) -> None:
        now = time.monotonic()
        if wait := self._rates.take(identity.pod_uid, now):
            raise TooFast("this pod posts too often; send again later, more values a post", wait)
        # Each namespace has a few posts of its own, and takes those of all only beyond them.
        if not self._namespaces.take(identity.namespace, now):
            return
        if wait := self._total.take(now):
            raise TooFast("the operator gets more posts than it takes; send again", wait)

    async def _body(self, request: web.BaseRequest) -> bytes:
        content = request.content
        if content.is_eof():
            # Most bodies come with their headers: no timer, no task switch.
            body = content.read_nowait()
            if len(body) > _LARGEST[request.path]:
                raise too_large(most=_LARGEST[request.path])
            return body
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await _read(request)
        except RequestPayloadError as error:
            raise ReportError(
                "BadBody", f"expected a body as HTTP has it; {str(error)[:120]!a}", status=400
            ) from None
        except TimeoutError:
            raise ReportError(
                "TooSlow",
                f"expected the whole body within {self._limits.body_seconds:g} s; send it again",
                status=408,
            ) from None


def _check_request(request: web.BaseRequest) -> None:
    if request.path not in _LARGEST:
        raise ReportError("NotFound", f"expected one of {', '.join(_LARGEST)}", status=404)
    if request.method != "POST":
        raise ReportError("BadMethod", f"expected POST; came {request.method[:20]!a}", status=405)
    headers = request.headers
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ReportError(
            "BadEncoding", "expected a body that is not compressed; send plain JSON", status=415
        )
    if headers.get("Content-Type") != _JSON and request.content_type != _JSON:
        raise ReportError("BadEncoding", "expected Content-Type: application/json", status=415)
    if (request.content_length or 0) > _LARGEST[request.path]:
        raise too_large(request.content_length, _LARGEST[request.path])


async def _read(request: web.BaseRequest) -> bytes:
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
        if len(body) > _LARGEST[request.path]:
            raise too_large(most=_LARGEST[request.path])
    return bytes(body)
