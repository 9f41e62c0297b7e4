"""How much of the store's volume the values of one namespace may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from espalier.engine.reports.limits import LimitReached
from espalier.store import Store

FRESH = 5.0
"""Seconds for which the store's count is believed: what comes meanwhile is not much."""
AFTER = 60.0
"""Seconds after which a post that was refused may be sent again."""
_MIB = 1 << 20


class StoreShare:
    """Refuses values of a namespace that has used up its share, until its rows become fewer.

    What a namespace takes is counted by the store with each commit, rows of closed studies
    included: so it is right after a restart, and falls when rows are deleted.

    Parameters
    ----------
    store : Store
        What is shared.
    share : float
        Part of the volume that one namespace may take.
    clock : callable
        Seconds of a clock that never goes back.
    """

    def __init__(
        self, store: Store, share: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._share = share
        self._clock = clock
        self._taken: dict[str, int] = {}
        self._most = 0
        self._counted_at: float | None = None
        self._counting: asyncio.Task[None] | None = None

    async def count(self) -> None:
        """Have it counted, if that was not done of late.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        if self._counted_at is None or self._clock() - self._counted_at > FRESH:
            if self._counting is None:
                self._counting = asyncio.get_running_loop().create_task(self._count())
                self._counting.add_done_callback(self._counted)
            if self._counted_at is None:
                await asyncio.shield(self._counting)

    def check(self, namespace: str) -> None:
        """Raise if a namespace may store no more values, as far as was counted.

        Raises
        ------
        LimitReached
            With status 429: it may have room again when Studies are deleted.
        """
        taken = self._taken.get(namespace, 0)
        if taken >= self._most:
            raise LimitReached(
                "store_share",
                "StoreShareUsed",
                f"expected at most {self._most // _MIB} MiB of namespace {namespace} in the store, "
                f"{self._share:.0%} of its volume; there are {taken // _MIB} MiB; delete Studies "
                "that are not needed any more, or have more given",
                status=429,
                after=AFTER,
            )

    async def _count(self) -> None:
        taken = await self._store.bytes_of_namespaces()
        self._most = int(self._share * await asyncio.to_thread(self._store.volume))
        self._taken, self._counted_at = taken, self._clock()

    def _counted(self, done: asyncio.Task[None]) -> None:
        self._counting = None
        if not done.cancelled():
            done.exception()  # Whoever asks next has it counted again.
