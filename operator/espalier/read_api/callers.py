"""Who asks, and what they may see: the cluster's own authentication and rights."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from espalier.errors import UsageError

REMEMBERED = 10_000
SECONDS = 30.0
"""For so long an answer of the API server is believed."""
HEADER = "X-Espalier-Authorization"
"""Where a token comes through the API server's proxy, which keeps `Authorization` to itself."""


class Unauthenticated(UsageError):
    """Nobody knows who asks: log in, and send a token of the cluster's."""


class Forbidden(UsageError):
    """Who asks may not see it: have somebody grant `get studies` there."""


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
    extra: Mapping[str, tuple[str, ...]] | None = None


class Authority(Protocol):
    """What the cluster says of people; `espalier.kube` asks it."""

    def caller(self, token: str) -> Awaitable[Caller | None]:
        """Return whose token it is; None where it is nobody's."""

    def allowed(self, caller: Caller, verb: str, namespace: str, name: str) -> Awaitable[bool]:
        """Return whether somebody may do this with Studies; empty names mean all."""


class Callers:
    """Tells who asks and what they may see, and remembers it for half a minute.

    Parameters
    ----------
    authority
        What the cluster says.
    clock
        Seconds that never go back.
    """

    def __init__(self, authority: Authority, clock: Callable[[], float] = time.monotonic) -> None:
        self._authority = authority
        self._clock = clock
        self._callers: _Memory = _Memory(clock)
        self._rights: _Memory = _Memory(clock)

    async def identify(self, headers: Mapping[str, str]) -> Caller:
        """Return who sends these headers.

        Raises
        ------
        Unauthenticated
            If they have no token that the cluster vouches for.
        RetryLater
            If the cluster cannot be asked.
        """
        scheme, _, token = (headers.get(HEADER) or headers.get("Authorization", "")).partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(
                "", "expected Authorization: Bearer and a token of this cluster's"
            )
        key = hashlib.sha256(token.encode()).hexdigest()
        known: Caller | None = self._callers.get(key)
        if known is None:
            known = await self._authority.caller(token)
            if known is None:
                raise Unauthenticated("", "the cluster does not know this token; log in again")
            self._callers.put(key, known)
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
        key = repr((caller, verb, namespace, name))
        known: bool | None = self._rights.get(key)
        if known is None:
            known = await self._authority.allowed(caller, verb, namespace, name)
            self._rights.put(key, known)
        return known


class _Memory:
    """Remembers the newest answers for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def get(self, key: str) -> Any:
        found = self._known.get(key)
        return found[1] if found is not None and found[0] > self._clock() else None

    def put(self, key: str, value: Any) -> None:
        self._known[key] = (self._clock() + SECONDS, value)
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
