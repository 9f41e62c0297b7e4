"""A fair token bucket: no fault of ours is the API server's, and no tenant's is another's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from espalier.kube.fair_bucket import FairBucket, Rank
from espalier.kube.turns import Tenant

ObserveWait = Callable[[str, float], None]
"""Called with the rank and the seconds that a request waited for its turn."""

_ASKING: ContextVar[Tenant | None] = ContextVar("asking", default=None)


@contextmanager
def asking_for(namespace: str, study: str = "") -> Iterator[None]:
    """Have the requests within, and those of tasks begun within, wait in a study's line."""
    token = _ASKING.set(Tenant(namespace, study))
    try:
        yield
    finally:
        _ASKING.reset(token)


def asking() -> Tenant | None:
    """Return whose line `asking_for` has chosen here, if any."""
    return _ASKING.get()


class TokenBucket:
    """Lets ``qps`` requests a second through on average, ``burst`` at once.

    Those who have to wait take turns by tenant, see `espalier.kube.fair_bucket`. It belongs to one
    event loop.

    Parameters
    ----------
    clock
        Seconds that never go back.
    observe
        Told how long each request waited.
    """

    def __init__(
        self,
        qps: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        observe: ObserveWait | None = None,
    ) -> None:
        self._turns: FairBucket[asyncio.Future[None]] = FairBucket(qps, burst, clock())
        self._clock = clock
        self._observe = observe
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._turns)

    async def wait(self, rank: Rank = Rank.TENANT, tenant: Tenant | None = None) -> None:
        """Wait for a token; one that is not waited for to the end goes to the next."""
        tenant = tenant or Tenant()
        began = self._clock()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.join(rank, tenant, turn)
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._turns.leave(rank, tenant, turn)
            else:  # it had its token when it was cancelled
                self._turns.give_back()
            self._serve()
            raise
        if self._observe is not None:
            self._observe(rank.value, self._clock() - began)

    def _serve(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for turn in self._turns.grant(self._clock()):
            if turn.cancelled():
                self._turns.give_back()
            else:
                turn.set_result(None)
        delay = self._turns.due(self._clock())
        if delay is not None:
            self._timer = asyncio.get_running_loop().call_later(delay, self._serve)
