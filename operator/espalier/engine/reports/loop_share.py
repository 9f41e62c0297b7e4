"""Whose turn it is to judge: each study pays for what it judged before it goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from espalier.engine.reports.limits import AT_ONCE, ValueLimits


class _Debt:
    """What may be used at once, and how long it takes until what was used beyond is paid."""

    __slots__ = ("_at", "_left", "_most")

    def __init__(self, most: float, now: float) -> None:
        self._left = self._most = most
        self._at = now

    def charge(self, amount: float) -> None:
        self._left -= amount

    def due(self, now: float, rate: float) -> float:
        self._left = min(self._most, self._left + (now - self._at) * rate)
        self._at = now
        return max(0.0, -self._left / rate)


class Account:
    """What one study may still use at once; below zero, it waits until that is paid.

    Parameters
    ----------
    limits : ValueLimits
        Which bounds hold.
    now : float
        Seconds of a clock that never goes back.

    Attributes
    ----------
    queued : int
        Values of posts that wait for the study.
    pace : float
        Seconds that one value of the study takes to judge, of late.
    """

    __slots__ = ("_seconds", "_values", "limits", "pace", "queued")

    def __init__(self, limits: ValueLimits, now: float) -> None:
        self.limits = limits
        self._seconds = _Debt(limits.loop_burst, now)
        self._values = _Debt(AT_ONCE * limits.values_a_second, now)
        self.queued = 0
        self.pace = 0.0

    def judged(self, seconds: float, values: int) -> None:
        """Charge the judging of some values."""
        self._seconds.charge(seconds)
        if values:
            self.pace += (seconds / values - self.pace) / 16

    def seconds_due(self, now: float, share: float) -> float:
        """Return how long the study has to wait where it has this share of the time."""
        return self._seconds.due(now, share)

    def came(self, values: int) -> None:
        """Charge new values, or give back what was charged where the number is negative."""
        self._values.charge(values)

    def values_due(self, now: float) -> float:
        """Return how long the study has to wait before it may send new values."""
        return self._values.due(now, self.limits.values_a_second)


class LoopShare:
    """Shares the time that is spent on judging among the studies.

    A study that has judged for longer than its burst waits until its share has paid for that; the
    share of each is smaller the more of them wait. What they leave is everybody's.

    Parameters
    ----------
    limits : ValueLimits
        `loop_share` and what an `Account` needs.
    clock : callable
        Seconds of a clock that never goes back, by which judging is measured too.
    sleep : callable
        Waits for so many seconds while other work goes on.
    """

    def __init__(
        self,
        limits: ValueLimits,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self._sleep = sleep
        self._waiting = 0

    def account(self) -> Account:
        """Return the account of one more study."""
        return Account(self.limits, self.clock())

    def due(self, account: Account) -> float:
        """Return how long a study has to wait for its next slice."""
        return account.seconds_due(self.clock(), self.limits.loop_share / max(1, self._waiting))

    def wait_of(self, account: Account) -> float:
        """Return how long a post of the study would have to wait that came now."""
        share = self.limits.loop_share / max(1, self._waiting)
        return self.due(account) + account.queued * account.pace / share

    async def turn(self, account: Account) -> None:
        """Let others go on, until the study may judge again."""
        self._waiting += 1
        try:
            # What is still owed after that, as others came to wait, is paid at the next turn.
            await self._sleep(self.due(account))
        finally:
            self._waiting -= 1
