"""Lanes of effects: bounded, shared in turn, and none is lost."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.engine.control.cache import StudyKey
from espalier.engine.control.lanes import Lanes
from tests.patience import PATIENCE

WIDE, SMALL = StudyKey("a", "wide"), StudyKey("b", "small")


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32))
def test_bounds_hold_everybody_is_served_and_cancelling_loses_no_place(most, a_study, seed):
    chance = random.Random(seed)
    lanes = Lanes(most, min(most, a_study))
    keys = [StudyKey(chance.choice("ab"), chance.choice("xyz")) for _ in range(40)]
    within, served = set(), set()

    async def work(number):
        async with lanes.place(keys[number]):
            within.add(number)
            try:
                assert len(within) <= most
                assert sum(keys[each] == keys[number] for each in within) <= min(most, a_study)
                for _ in range(chance.randint(0, 4)):
                    await asyncio.sleep(0)
            finally:
                within.remove(number)
            served.add(number)

    async def story():
        tasks = [asyncio.create_task(work(number)) for number in range(40)]
        for _ in range(chance.randint(0, 10)):
            await asyncio.sleep(0)
            task = chance.choice(tasks)
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [each for each in done if isinstance(each, AssertionError)]
        assert all(tasks[number].cancelled() or number in served for number in range(40))
        # All places are free again: as many as there are can be had at once.
        async with asyncio.timeout(PATIENCE):
            holding = [lanes.place(StudyKey("n", str(number))) for number in range(most)]
            for place in holding:
                await place.__aenter__()
            for place in holding:
                await place.__aexit__(None, None, None)

    asyncio.run(story())


def hold(lanes, key, release, log):
    async def held():
        async with lanes.place(key):
            log.append(key)
            await release.wait()

    return asyncio.create_task(held())


def test_a_wide_study_leaves_places_to_others():
    async def story():
        lanes, release, log = Lanes(8, 6), asyncio.Event(), []
        tasks = [hold(lanes, WIDE, release, log) for _ in range(1000)]
        await asyncio.sleep(0)
        tasks.append(hold(lanes, SMALL, release, log))
        for _ in range(3):
            await asyncio.sleep(0)
        assert (log.count(WIDE), log.count(SMALL)) == (6, 1)
        release.set()
        await asyncio.gather(*tasks)

    asyncio.run(asyncio.wait_for(story(), PATIENCE))


def test_where_several_wide_studies_hold_all_the_next_free_place_is_the_small_ones():
    async def story():
        lanes, log = Lanes(4, 2), []
        releases = {key: asyncio.Event() for key in (WIDE, StudyKey("a", "wide2"), SMALL)}
        tasks = [
            hold(lanes, key, releases[key], log)
            for key in (WIDE, StudyKey("a", "wide2"))
            for _ in range(200)
        ]
        await asyncio.sleep(0)
        assert len(log) == 0 or SMALL not in log
        tasks.append(hold(lanes, SMALL, releases[SMALL], log))
        for _ in range(3):
            await asyncio.sleep(0)
        assert SMALL not in log
        releases[WIDE].set()
        while SMALL not in log:
            await asyncio.sleep(0)
        assert len(log) <= 4 + 3
        for release in releases.values():
            release.set()
        await asyncio.gather(*tasks)

    asyncio.run(asyncio.wait_for(story(), PATIENCE))


@pytest.mark.parametrize(("most", "a_study"), [(0, 0), (4, 5), (4, 0)])
def test_bounds_that_let_nothing_through_are_refused(most, a_study):
    with pytest.raises(ValueError, match="expected 1 <= most_a_study <= most"):
        Lanes(most, a_study)
