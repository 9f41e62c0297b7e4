"""Who waits how long for his share of the operator's time."""

from __future__ import annotations

import asyncio

import pytest

from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.loop_share import LoopShare

LIMITS = ValueLimits(loop_share=0.5, loop_burst=0.1, values_a_second=100.0)


class Clock:
    """Time that goes on only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def share_of(clock: Clock) -> LoopShare:
    async def sleep(seconds: float) -> None:
        clock.now += seconds
        await asyncio.sleep(0)

    return LoopShare(LIMITS, clock, sleep)


def test_a_study_waits_for_nothing_until_its_burst_is_used_up() -> None:
    clock = Clock()
    share = share_of(clock)
    account = share.account()
    account.judged(0.1, 100)
    assert share.due(account) == 0
    account.judged(0.05, 50)
    assert share.due(account) == pytest.approx(0.1)


def test_what_was_not_used_is_not_saved_up_beyond_the_burst() -> None:
    clock = Clock()
    share = share_of(clock)
    account = share.account()
    clock.now += 3600.0
    assert share.due(account) == 0
    account.judged(0.2, 1)
    share.due(account)
    clock.now += 0.1
    assert share.due(account) == pytest.approx(0.1)


def test_studies_that_wait_share_equally() -> None:
    async def story() -> None:
        clock = Clock()
        share = share_of(clock)
        began, used = clock.now, [0.0, 0.0]

        async def judge(which: int) -> None:
            account = share.account()
            while clock.now - began < 10.0:
                await share.turn(account)
                clock.now += 0.01
                used[which] += 0.01
                account.judged(0.01, 1)

        await asyncio.gather(judge(0), judge(1))
        assert used[0] == pytest.approx(used[1], rel=0.05)
        assert sum(used) <= 0.5 * (clock.now - began) + 0.3

    asyncio.run(story())


def test_values_come_as_fast_as_they_may_on_average() -> None:
    clock = Clock()
    account = share_of(clock).account()
    account.came(400)
    assert account.values_due(clock.now) == 0
    account.came(50)
    assert account.values_due(clock.now) == pytest.approx(0.5)
    clock.now += 0.5
    assert account.values_due(clock.now) == 0
