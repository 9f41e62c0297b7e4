"""Who asks, and what they may see: the cluster's own authentication and rights."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from espalier.errors import RetryLater, UsageError
from espalier.read_api.remembered import Remembered

REMEMBERED = 10_000
SECONDS, REFUSED_SECONDS = 30.0, 5.0
"""For so long an answer of the API server is believed, and one that refused somebody."""
LONGEST_TOKEN = 16_384
HEADER = "X-Espalier-Authorization"
"""Where a token comes through the API server's proxy, which keeps `Authorization` to itself."""


class Unauthenticated(UsageError):
    """Nobody knows who asks: log in, and send a token of the cluster's."""


class Forbidden(UsageError):
    """Who asks may not see it: have somebody grant `get studies` there."""


class TooMany(RetryLater):
    """Somebody asks for more than is given at once: wait."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom the cluster knows.

    Parameters
    ----------
    user, groups, uid, extra
        What the API server says of him, as it wants to be told again when it is asked for rights.
    """

    user: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Reviewer(Protocol):
    """What the cluster says of people; `espalier.kube` asks it."""

    def caller(self, token: str) -> Awaitable[Caller | None]:
        """Return whose token it is; None where it is nobody's."""

    def allowed(self, caller: Caller, verb: str, namespace: str, name: str) -> Awaitable[bool]:
        """Return whether somebody may do this with Studies; empty names mean all."""


def _no_wait(_peer: str) -> float:
    return 0.0


class Callers:
    """Tells who asks and what they may see, and remembers it for half a minute.

    A good token and a bad one are remembered apart, so that no number of bad ones makes a good one
    forgotten; only their hashes are.

    Parameters
    ----------
    authority
        What the cluster says.
    clock
        Seconds that never go back.
    wait
        Takes one question about an unknown token from what an address may cause; returns the
        seconds to wait where there is none left.
    """

    def __init__(
        self,
        authority: Reviewer,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[str], float] = _no_wait,
    ) -> None:
        self._authority = authority
        self._wait = wait
        self._good: Remembered[Caller] = Remembered(lambda _: SECONDS, clock, REMEMBERED)
        self._bad: Remembered[Caller | None] = Remembered(
            lambda caller: REFUSED_SECONDS if caller is None else 0.0, clock, REMEMBERED
        )
        self._rights: Remembered[bool] = Remembered(
            lambda granted: SECONDS if granted else REFUSED_SECONDS, clock, REMEMBERED
        )

    async def identify(
        self, headers: Mapping[str, str], peer: str = "", shown: Caller | None = None
    ) -> Caller:
        """Return who sends these headers.

        Parameters
        ----------
        peer
            The address that they come from.
        shown
            Whose certificate the connection has; a token says more.

        Raises
        ------
        Unauthenticated
            If they have no token that the cluster vouches for, and there is no certificate.
        TooMany
            If too many unknown tokens come from there.
        RetryLater
            If the cluster cannot be asked.
        """
        header = headers.get(HEADER) or headers.get("Authorization")
        if header is None and shown is not None:
            return shown
        scheme, _, token = (header or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(
                "", "expected Authorization: Bearer and a token of this cluster's"
            )
        if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
            raise Unauthenticated("", "expected a token of this cluster's; this is none")
        key = hashlib.sha256(token.encode()).digest()
        return await self._good.get(key, lambda: self._known(key, token, peer))

    async def _known(self, key: bytes, token: str, peer: str) -> Caller:
        async def review() -> Caller | None:
            if seconds := self._wait(peer):
                raise TooMany("too many unknown tokens come from this address", after=seconds)
            return await self._authority.caller(token)

        known = await self._bad.get(key, review)
        if known is None:
            raise Unauthenticated("", "the cluster does not know this token; log in again")
        return known

    async def check(self, caller: Caller, namespace: str, name: str) -> None:
        """Raise `Forbidden` where somebody may not `get` a Study.

        Raises
        ------
        Forbidden
            If it is so, whether or not there is such a Study.
        RetryLater
            If the cluster cannot be asked.
        """
        if not await self.may(caller, "get", namespace, name):
            raise Forbidden(
                "",
                f"{caller.user} may not get studies.espalier.dev {name} in {namespace}; have "
                "somebody bind you the role view there",
            )

    async def may(self, caller: Caller, verb: str, namespace: str = "", name: str = "") -> bool:
        """Return whether somebody may do this with Studies; empty names mean all."""
        key = caller, verb, namespace, name
        return await self._rights.get(
            key, lambda: self._authority.allowed(caller, verb, namespace, name)
        )
