"""A token bucket whose tokens go to ranks by share, and within a rank to tenants in turn.

Pure: the time is an argument.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic

from espalier.kube.turns import Lines, T, Tenant


class Rank(StrEnum):
    """What a request is for; the value is its label in metrics."""

    URGENT = "Urgent"
    """Frees a GPU, or lets a pod go on that was let in before."""
    OWN = "Own"
    """The operator's own: the lists that it lives by."""
    TENANT = "Tenant"
    """For a study, or for one namespace."""


SHARES: dict[Rank, int] = {Rank.URGENT: 6, Rank.OWN: 2, Rank.TENANT: 2}
"""Tokens of ten that a rank gets while all of them wait; what one does not use, the others get."""

_ENOUGH = 1.0 - 1e-6


class FairBucket(Generic[T]):
    """Gives ``burst`` tokens at once and ``qps`` a second on average to those who wait.

    No token is kept back while somebody waits, and none is given beyond the rate: the urgent are
    merely first, and of ten tokens leave four to the others.

    Parameters
    ----------
    qps, burst
        Tokens a second, and at once.
    now
        Seconds of a clock that never goes back.
    """

    def __init__(self, qps: float, burst: int, now: float) -> None:
        if qps <= 0 or burst < 1:
            raise ValueError(f"expected qps > 0 and burst >= 1, got qps={qps} and burst={burst}")
        self._qps, self._burst = qps, float(burst)
        self._tokens, self._at = float(burst), now
        self._lines: dict[Rank, Lines[T]] = {rank: Lines() for rank in Rank}
        # Stride scheduling: each token moves its rank on by 1/share, and the one that is furthest
        # behind is next. Who comes back after a pause starts level with the others.
        self._passed = dict.fromkeys(Rank, 0.0)
        self._level = 0.0

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def join(self, rank: Rank, tenant: Tenant, item: T) -> None:
        """Let an item wait for a token."""
        if not self._lines[rank]:
            self._passed[rank] = max(self._passed[rank], self._level)
        self._lines[rank].join(tenant, item)

    def leave(self, rank: Rank, tenant: Tenant, item: T) -> bool:
        """Let an item wait no longer; False if it has its token already."""
        return self._lines[rank].leave(tenant, item)

    def give_back(self) -> None:
        """Take back a token that was not used."""
        self._tokens = min(self._burst, self._tokens + 1.0)

    def grant(self, now: float) -> list[T]:
        """Return those who have a token by now, in order."""
        self._refill(now)
        granted: list[T] = []
        while self._tokens >= _ENOUGH and len(self):
            granted.append(self._next())
            self._tokens -= 1.0
        return granted

    def due(self, now: float) -> float | None:
        """Return in how many seconds the next token comes; None if nobody waits for it."""
        if not len(self):
            return None
        self._refill(now)
        return max(0.0, 1.0 - self._tokens) / self._qps

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._qps)
        self._at = now

    def _next(self) -> T:
        rank = min((rank for rank in Rank if self._lines[rank]), key=self._passed.__getitem__)
        self._level = self._passed[rank]
        self._passed[rank] += 1.0 / SHARES[rank]
        taken = self._lines[rank].take()
        assert taken is not None
        return taken[1]
