"""The token bucket on an event loop: who waits is woken in turn, who gives up costs nobody."""

import asyncio
import random

import pytest

from espalier.kube import Rank, Tenant, TokenBucket, asking_for
from espalier.kube.limiter import asking
from tests.patience import PATIENCE

TENANT = Tenant("a")


def test_all_who_wait_are_served_and_told_of():
    async def story():
        said = []
        bucket = TokenBucket(1000.0, 5, observe=lambda rank, seconds: said.append((rank, seconds)))
        await asyncio.gather(*(bucket.wait(Rank.TENANT, TENANT) for _ in range(30)))
        assert [rank for rank, _ in said] == ["Tenant"] * 30
        assert all(seconds >= 0 for _, seconds in said)

    asyncio.run(asyncio.wait_for(story(), PATIENCE))


@pytest.mark.parametrize("seed", range(20))
def test_a_waiter_that_is_cancelled_loses_no_token(seed):
    """A clock that stands still gives only the burst: whoever is left gets all of it."""

    async def story():
        chance = random.Random(seed)
        bucket = TokenBucket(0.001, 10, clock=lambda: 0.0)
        waiting = [
            asyncio.create_task(bucket.wait(chance.choice(list(Rank)), Tenant(str(number % 3))))
            for number in range(25)
        ]
        for _ in range(chance.randint(0, 3)):
            await asyncio.sleep(0)
        passed = {task for task in waiting if task.done()}
        for task in waiting:
            if task not in passed and (chance.random() < 0.5 or task.done()):
                task.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        through = sum(task.done() and not task.cancelled() for task in waiting)
        left = sum(task.cancelled() for task in waiting)
        assert through == min(10, 25 - left)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(asyncio.wait_for(story(), PATIENCE))


def test_a_token_that_was_given_to_who_is_cancelled_goes_to_the_next():
    async def story():
        now = [0.0]
        bucket = TokenBucket(0.001, 1, clock=lambda: now[0])
        await bucket.wait(Rank.TENANT, TENANT)
        first = asyncio.create_task(bucket.wait(Rank.TENANT, TENANT))
        await asyncio.sleep(0)
        now[0] += 1000.0
        second = asyncio.create_task(bucket.wait(Rank.TENANT, TENANT))
        await asyncio.sleep(0)  # the second has joined, and the first been given its token
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert first.cancelled()
        await second

    asyncio.run(asyncio.wait_for(story(), PATIENCE))


def test_who_gives_up_waits_no_longer():
    async def story():
        bucket = TokenBucket(0.001, 1, clock=lambda: 0.0)
        waiting = [asyncio.create_task(bucket.wait(Rank.OWN, TENANT)) for _ in range(5)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert bucket.waiting == 0

    asyncio.run(story())


def test_who_asks_is_told_to_what_is_called_and_begun_within():
    async def within():
        return asking()

    async def story():
        with asking_for("team", "digits"):
            assert asking() == Tenant("team", "digits")
            begun = asyncio.create_task(within())
        assert asking() is None
        assert await begun == Tenant("team", "digits")

    asyncio.run(story())
