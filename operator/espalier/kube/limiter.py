"""A token bucket, so that no fault of ours becomes the API server's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class TokenBucket:
    """Lets ``qps`` requests a second through on average, ``burst`` at once.

    An urgent request (the deletion of a pruned trial) never waits, but is paid for: those after it
    wait longer.
    """

    def __init__(self, qps: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        if qps <= 0 or burst < 1:
            raise ValueError(f"expected qps > 0 and burst >= 1, got qps={qps} and burst={burst}")
        self._qps = qps
        self._burst = float(burst)
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()

    def reserve(self, *, urgent: bool = False) -> float:
        """Take one token; return how many seconds to wait before acting on it."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._qps)
        self._at = now
        self._tokens -= 1.0
        return 0.0 if urgent or self._tokens >= 0.0 else -self._tokens / self._qps

    async def wait(self, *, urgent: bool = False) -> None:
        """Take one token and wait until it may be used."""
        delay = self.reserve(urgent=urgent)
        if delay > 0.0:
            await asyncio.sleep(delay)
