"""A pool of places for lanes of effects, shared fairly between studies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from espalier.engine.control.cache import StudyKey
from espalier.kube import Lines, Tenant


class Lanes:
    """How many lanes are carried out at the same time, in all and of one study.

    A place that becomes free goes to the next study in turn, not to whoever has waited longest: a
    study with one lane waits for no more places than there are studies that wait.

    Parameters
    ----------
    most, most_a_study
        Places in all, and for one study; the second leaves some to the others.
    """

    def __init__(self, most: int = 32, most_a_study: int = 16) -> None:
        if not 1 <= most_a_study <= most:
            raise ValueError(
                f"expected 1 <= most_a_study <= most, got most={most}, most_a_study={most_a_study}"
            )
        self._most, self._most_a_study = most, most_a_study
        self._waiting: Lines[asyncio.Future[None]] = Lines()
        self._used: Counter[Tenant] = Counter()

    @asynccontextmanager
    async def place(self, key: StudyKey) -> AsyncIterator[None]:
        """Wait for a place, and have it within."""
        tenant = Tenant(key.namespace, key.name)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.join(tenant, turn)
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            self._waiting.leave(tenant, turn)
            if not turn.cancelled():  # it had its place when it was cancelled
                self._free(tenant)
            raise
        try:
            yield
        finally:
            self._free(tenant)

    def _free(self, tenant: Tenant) -> None:
        self._used[tenant] -= 1
        if not self._used[tenant]:
            del self._used[tenant]
        self._serve()

    def _serve(self) -> None:
        while self._used.total() < self._most:
            taken = self._waiting.take(lambda tenant: self._used[tenant] < self._most_a_study)
            if taken is None:
                return
            tenant, turn = taken
            if not turn.done():
                self._used[tenant] += 1
                turn.set_result(None)
