"""The connections of the ingest port: counted when they are accepted, closed when they idle.

A client that opens connections and sends its headers byte by byte, or never begins TLS, costs a
file descriptor and some memory each. asyncio and aiohttp show a connection only after its
handshake; so it is accepted here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from espalier.ingest import answers
from espalier.ingest.limits import Limits
from espalier.ingest.places import Place, Places

_LOG = logging.getLogger(__name__)
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Protocol(RequestHandler):
    """One connection's HTTP; what is no HTTP is counted and answered, not logged at length."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that could not be read."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        _LOG.debug("a request could not be read: %s", exc.message)
        manager = self._manager
        if isinstance(manager, Connections):
            manager.observe_malformed()
        return answers.malformed(exc.message)


class Connections(web.Server):
    """An aiohttp server that accepts its connections itself, and bounds them.

    Parameters
    ----------
    handler : callable
        Answers a request.
    tls : ssl.SSLContext
        Shows the certificate.
    limits : Limits
        How many connections there may be, and for how long.
    observe_cut : callable
        Told why a connection is refused or given up.
    observe_malformed : callable
        Told of each request that is no HTTP.
    options
        Of `aiohttp.web.Server`.
    """

    def __init__(
        self,
        handler: Any,
        tls: ssl.SSLContext,
        limits: Limits,
        observe_cut: Callable[[str], None],
        observe_malformed: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(handler, **options)
        self._tls = tls
        self._limits = limits
        self._places = Places(limits)
        self._observe_cut = observe_cut
        self.observe_malformed = observe_malformed
        self._of: dict[RequestHandler, Place] = {}
        self._speaks: dict[Place, RequestHandler] = {}
        self._cut: dict[Place, Callable[[], object]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self) -> RequestHandler:
        """Return the protocol of a new connection."""
        return Protocol(self, loop=self._loop, **self._kwargs)

    # -- from the socket to the first byte of HTTP ------------------------------------------

    def listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections on these sockets, and close those that fall silent."""
        for each in sockets:
            self._begin(self._accept(each))
        self._begin(self._sweep())

    def stop_listening(self) -> None:
        """Accept no more, and give up what has not begun to speak HTTP."""
        for task in self._tasks:
            task.cancel()

    def _begin(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self, listening: socket.socket) -> None:
        with listening:
            while True:
                try:
                    accepted, address = await self._loop.sock_accept(listening)
                except OSError as error:
                    # Out of file descriptors, most likely; those that wait go on waiting.
                    _LOG.warning("a connection could not be accepted: %s", error)
                    await asyncio.sleep(1.0)
                    continue
                try:
                    self._arrived(accepted, _shown(address[0]))
                except Exception:  # a fault of ours with one connection is no end of them all
                    _LOG.exception("a connection of %s was dropped", _shown(address[0]))
                    _reset(accepted)
                await asyncio.sleep(0)  # however many arrive, others have their turn

    def _arrived(self, accepted: socket.socket, peer: str) -> None:
        now = self._loop.time()
        if self._places.too_fast(peer, now):
            self._observe_cut("TooFast")
            return _reset(accepted)
        place, victim = self._places.arrive(peer, now)
        if victim is not None or place is None:
            self._observe_cut("TooMany")
        if victim is not None:
            self._close(victim)
        if place is None:
            return _reset(accepted)
        task = self._begin(self._shake_hands(accepted, place))
        task.add_done_callback(lambda done: self._shook_hands(accepted, place, done))
        self._cut[place] = task.cancel
        return None

    async def _shake_hands(self, accepted: socket.socket, place: Place) -> None:
        def protocol() -> RequestHandler:
            made = self()
            self._of[made] = place
            self._speaks[place] = made
            return made

        await self._loop.connect_accepted_socket(
            protocol,
            accepted,
            ssl=self._tls,
            ssl_handshake_timeout=self._limits.handshake_seconds,
        )

    def _shook_hands(self, accepted: socket.socket, place: Place, done: asyncio.Task[None]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _LOG.debug("no TLS handshake with %s: %r", place.peer, error)
            self._observe_cut("NoHandshake")
        if done.cancelled() or error is not None:
            self._forget(place)
            _reset(accepted)

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Take a connection whose handshake is done."""
        super().connection_made(handler, transport)
        self._cut[self._of[handler]] = transport.abort

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        super().connection_lost(handler, exc)
        place = self._of.get(handler)
        if place is not None:
            self._forget(place)

    # -- what requests tell -----------------------------------------------------------------

    def peer(self, handler: Any) -> str:
        """Return the address of the other side."""
        place = self._of.get(handler)
        return "unknown" if place is None else place.peer

    def busy(self, handler: Any) -> None:
        """A request has come whole enough to be handled: its handler bounds the time."""
        place = self._of.get(handler)
        if place is not None:
            place.busy = True

    def idle(self, handler: Any) -> None:
        """The request is answered."""
        place = self._of.get(handler)
        if place is not None:
            place.busy = False
            if place.pod:
                place.useful = self._loop.time()

    def recognise(self, handler: Any, pod_uid: str) -> bool:
        """A good token has been shown; False if the pod has too many connections to keep this."""
        place = self._of.get(handler)
        if place is None:
            return True
        place.refusals = 0
        stays, victim = self._places.recognise(place, pod_uid)
        if victim is not None:
            self._observe_cut("TooMany")
            self._close(victim)
        return stays

    def refused(self, handler: Any) -> bool:
        """A post has shown no good token; False if too many in a row have not."""
        place = self._of.get(handler)
        if place is None:
            return True
        place.refusals += 1
        return place.refusals < self._limits.refusals_a_connection

    # -- closing ----------------------------------------------------------------------------

    async def _sweep(self) -> None:
        """Close silent connections, for ever."""
        pause = min(self._limits.silence_seconds, self._limits.stranger_seconds) / 4
        while True:
            await asyncio.sleep(pause)
            try:
                for place in self._places.silent(self._loop.time()):
                    self._observe_cut("Silent")
                    self._close(place)
            except Exception:
                _LOG.exception("silent connections could not be closed; again in %.0f s", pause)

    def _close(self, place: Place) -> None:
        cut = self._cut.pop(place, None)
        self._places.leave(place)
        if cut is not None:
            cut()

    def _forget(self, place: Place) -> None:
        self._places.leave(place)
        self._cut.pop(place, None)
        handler = self._speaks.pop(place, None)
        if handler is not None:
            del self._of[handler]


def _shown(address: str) -> str:
    """Return an address in one spelling: IPv4 on a socket of both kinds comes as IPv6."""
    return address.removeprefix("::ffff:")


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    with contextlib.suppress(OSError):
        connection.close()
