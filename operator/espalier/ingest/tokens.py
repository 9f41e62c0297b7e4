"""Whose token it is: remembered, checked by the API server's keys, or asked about."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from espalier.errors import ReportError, RetryLater
from espalier.ingest.identity import Claimed, Identity, check_spelling, claimed
from espalier.ingest.keys import Keys
from espalier.ingest.limits import Limits
from espalier.ingest.rate import Buckets, TooFast
from espalier.ingest.reviews import Reviews
from espalier.steady_clock import SteadyClock

_REMEMBERED = 20_000
_STALE_AGAIN = 5.0


class _Known(NamedTuple):
    """A verdict, until when it holds, and until when at most while nobody can be asked."""

    until: float
    identity: Identity | None
    error: ReportError | None
    stale: float = 0.0


class Tokens:
    """Answers whose token it is.

    A good token is remembered for a minute at most, a bad one for five seconds; only its SHA-256
    is. Posts with the same unknown token wait for one check. A token that was good goes on while
    the API server cannot be asked, for ten minutes at most; an unknown one is told to come again:
    401 would make a sidecar believe that its token is bad.

    Parameters
    ----------
    keys : Keys, optional
        Check without asking where they can.
    reviews : Reviews
        Ask about the rest.
    audience : str
        For whom tokens must have been made.
    limits : Limits
        How many tokens a pod may show, and how long a verdict holds.
    clock : callable, optional
        Seconds since the epoch that never jump: else a verdict would hold for as long as one.
    observe : callable, optional
        Told ``Keys``, ``KeysRefused`` or ``Asked`` of each check.
    """

    def __init__(
        self,
        keys: Keys | None,
        reviews: Reviews,
        audience: str,
        limits: Limits | None = None,
        clock: Callable[[], float] | None = None,
        observe: Callable[[str], None] | None = None,
    ) -> None:
        self._keys = keys
        self._reviews = reviews
        self._audience = audience
        self._limits = limits = limits or Limits()
        self._clock = clock or SteadyClock()
        self._observe = observe or (lambda _check: None)
        # Apart, so that no number of bad tokens makes a good one forgotten.
        self._good: OrderedDict[bytes, _Known] = OrderedDict()
        self._bad: OrderedDict[bytes, _Known] = OrderedDict()
        self._checking: dict[bytes, asyncio.Task[_Known]] = {}
        self._shown = Buckets(limits.token_rate, limits.token_burst)

    async def identity(self, token: str, peer: str) -> Identity:
        """Return the pod that a token is bound to.

        Parameters
        ----------
        token : str
            The bearer token.
        peer : str
            The address that it came from.

        Raises
        ------
        ReportError
            401: the token does not do; 429: too many new ones.
        RetryLater
            The API server has to be asked, and cannot be.
        """
        key = hashlib.sha256(token.encode()).digest()
        known = self._good.get(key) or self._bad.get(key)
        if known is None or known.until <= self._clock():
            task = self._checking.get(key)
            if task is None:
                check_spelling(token)
                task = asyncio.get_running_loop().create_task(self._answer(key, token, peer, known))
                self._checking[key] = task
                task.add_done_callback(lambda done: self._answered(key, done))
            known = await asyncio.shield(task)
        if known.identity is None:
            assert known.error is not None
            raise known.error
        return known.identity

    def _answered(self, key: bytes, done: asyncio.Task[_Known]) -> None:
        del self._checking[key]
        if not done.cancelled():
            done.exception()  # Whoever asked may be gone; that is no error of ours.

    async def _answer(self, key: bytes, token: str, peer: str, before: _Known | None) -> _Known:
        says = claimed(token)
        good = before is not None and before.identity is not None
        try:
            identity = await self._check(token, peer, says, known=good)
        except TooFast:
            raise
        except ReportError as error:
            until = self._clock() + self._limits.refused_seconds
            return self._remember(key, _Known(until, None, error))
        except RetryLater:
            now = self._clock()
            if before is None or not good or now >= before.stale:
                raise
            return self._remember(key, before._replace(until=now + _STALE_AGAIN))
        if not good and (wait := self._shown.take(identity.pod_uid, time.monotonic())):
            raise _too_many(wait)
        now = self._clock()
        until, stale = now + self._limits.trusted_seconds, now + self._limits.stale_seconds
        if says.ends is not None:
            # It has just been accepted, whatever our clock says about its end.
            until = min(until, max(says.ends, now + 1.0))
            stale = min(stale, says.ends)
        return self._remember(key, _Known(until, identity, None, stale))

    async def _check(self, token: str, peer: str, says: Claimed, *, known: bool) -> Identity:
        try:
            found = None
            if self._keys is not None:
                found = await self._keys.check(token, self._audience, self._clock())
        except ReportError:
            self._observe("KeysRefused")
            raise
        if found is not None:
            self._observe("Keys")
            return found
        # A pod whose tokens are used up takes no question either.
        if not known and (wait := self._shown.wait(says.pod_uid, time.monotonic())):
            raise _too_many(wait)
        self._observe("Asked")
        return await self._reviews.ask(token, peer, says.pod_uid, known=known)

    def _remember(self, key: bytes, known: _Known) -> _Known:
        memory, other = self._good, self._bad
        if known.identity is None:
            memory, other = other, memory
        other.pop(key, None)
        memory[key] = known
        memory.move_to_end(key)
        if len(memory) > _REMEMBERED:
            memory.popitem(last=False)
        return known


def _too_many(wait: float) -> TooFast:
    return TooFast("this pod shows too many different tokens; keep to the projected one", wait)
