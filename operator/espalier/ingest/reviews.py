"""Who sends: the API server is asked about each token once a minute, and about few at a time."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from espalier.errors import ReportError, RetryLater
from espalier.ingest.identity import Identity, expiry, identify
from espalier.ingest.rate import Buckets, TooFast

Review = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Asks the API server: ``status`` of a TokenReview of the token, or `RetryLater`."""

_TRUSTED_SECONDS, _REFUSED_SECONDS = 60.0, 5.0
_REMEMBERED = 20_000
_AT_ONCE, _WAITING = 8, 256


class _Known(NamedTuple):
    until: float
    identity: Identity | None
    error: ReportError | None


class Reviews:
    """Answers who a token is, out of what is remembered or by asking.

    A token is remembered for a minute at most, a refused one for five seconds; only its SHA-256
    is. Posts with the same unknown token wait for one question. When the API server does not
    answer, known tokens go on and unknown ones are told to come again: 401 would make a sidecar
    believe that its token is bad.

    Parameters
    ----------
    review : Review
        Asks the API server.
    audience : str
        For whom tokens must have been made.
    clock : callable
        Seconds since the epoch.
    observe : callable, optional
        Told ``Accepted``, ``Refused`` or ``Unavailable`` of each question.
    """

    def __init__(
        self,
        review: Review,
        audience: str,
        clock: Callable[[], float] = time.time,
        observe: Callable[[str], None] | None = None,
    ) -> None:
        self._review = review
        self._audience = audience
        self._clock = clock
        self._observe = observe or (lambda _result: None)
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[_Known]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._refusals = Buckets(rate=1.0, burst=20.0)
        self._blocked: dict[str, float] = {}

    async def identity(self, token: str, peer: str) -> Identity:
        """Return the pod that a token is bound to.

        Parameters
        ----------
        token : str
            The bearer token.
        peer : str
            The address that it came from; one that sends many bad tokens has to wait.

        Raises
        ------
        ReportError
            401: the token does not do; 429: too many bad ones.
        RetryLater
            The API server cannot be asked.
        """
        key = hashlib.sha256(token.encode()).digest()
        known = self._known.get(key)
        if known is None or known.until <= self._clock():
            task = self._asking.get(key)
            if task is None:
                task = self._ask(key, token, peer)
            known = await asyncio.shield(task)
        if known.identity is None:
            assert known.error is not None
            raise known.error
        return known.identity

    def _ask(self, key: bytes, token: str, peer: str) -> asyncio.Task[_Known]:
        wait = self._blocked.get(peer, 0.0) - time.monotonic()
        if wait > 0:
            raise TooFast("too many refused tokens from this address; wait", wait)
        if len(self._asking) >= _WAITING:
            raise RetryLater("too many unknown tokens are being checked; send again", after=1)
        task = asyncio.get_running_loop().create_task(self._answer(key, token, peer))
        self._asking[key] = task
        task.add_done_callback(lambda done: self._answered(key, done))
        return task

    def _answered(self, key: bytes, done: asyncio.Task[_Known]) -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # Whoever asked may be gone; that is no error of ours.

    async def _answer(self, key: bytes, token: str, peer: str) -> _Known:
        async with self._slots:
            try:
                status = await self._review(token)
            except RetryLater:
                self._observe("Unavailable")
                raise
        now = self._clock()
        try:
            identity = identify(status, self._audience)
        except ReportError as error:
            self._observe("Refused")
            self._slow_down(peer)
            return self._remember(key, _Known(now + _REFUSED_SECONDS, None, error))
        self._observe("Accepted")
        until = now + _TRUSTED_SECONDS
        ends = expiry(token)
        if ends is not None:
            # The API server has just accepted it, whatever our clock says about its end.
            until = min(until, max(ends, now + 1.0))
        return self._remember(key, _Known(until, identity, None))

    def _slow_down(self, peer: str) -> None:
        now = time.monotonic()
        wait = self._refusals.take(peer, now)
        if wait:
            if len(self._blocked) >= _REMEMBERED:
                self._blocked.clear()
            self._blocked[peer] = now + wait

    def _remember(self, key: bytes, known: _Known) -> _Known:
        self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known
