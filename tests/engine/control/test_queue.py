"""The level-triggered queue: each key once, never twice at a time, never lost."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.engine.control.queue import FIRST_DELAY, LAST_DELAY, MARKED_DELAY, DirtyQueue
from tests.patience import PATIENCE


class Clock:
    """A clock that only the test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def queue(clock=None):
    return DirtyQueue(clock or Clock(), jitter=lambda: 0.5)


def run(test):
    return asyncio.run(test)


async def due(q):
    """Take all keys that are due now and give them back as done."""
    found = []
    while q.depth:
        key = await q.take()
        found.append(key)
        q.done(key)
    return found


def test_a_key_that_is_marked_many_times_is_handed_out_once():
    async def scenario():
        q = queue()
        for key in "aabab":
            q.mark(key)
        return await due(q)

    assert run(scenario()) == ["a", "b"]


def test_a_key_marked_while_it_is_worked_on_is_handed_out_once_more_afterwards():
    async def scenario():
        q = queue()
        q.mark("a")
        key = await q.take()
        q.mark("a")
        q.mark("a")
        assert q.depth == 0, "nobody works on a key twice at the same time"
        q.done(key)
        return await due(q)

    assert run(scenario()) == ["a"]


def test_a_delayed_key_comes_when_its_time_has_come_and_a_mark_brings_it_forward():
    async def scenario():
        clock = Clock()
        q = queue(clock)
        q.mark_in("later", 10)
        q.mark_in("now", 10)
        q.mark("now")
        assert await due(q) == ["now"]
        clock.now += 9.9
        assert await due(q) == []
        clock.now += 0.2
        return await due(q)

    assert run(scenario()) == ["later"]


def test_the_earlier_of_two_times_counts():
    async def scenario():
        clock = Clock()
        q = queue(clock)
        q.mark_in("a", 60)
        q.mark_in("a", 5)
        q.mark_in("a", 30)
        clock.now += 6
        first = await due(q)
        clock.now += 100
        return first, await due(q)

    assert run(scenario()) == (["a"], [])


def test_a_key_that_fails_is_tried_again_later_each_time_and_afresh_after_a_success():
    async def scenario():
        clock = Clock()
        q = queue(clock)
        delays = []
        for _ in range(12):
            q.mark("a")
            delays.append(q.failed(await q.take()))
        q.mark("a")
        q.done(await q.take())
        q.mark("a")
        return delays, q.failed(await q.take())

    delays, afresh = run(scenario())
    assert delays == sorted(delays)
    assert delays[0] == afresh == FIRST_DELAY
    assert delays[-1] == LAST_DELAY


def test_a_failure_waits_as_long_as_the_other_side_said():
    async def scenario():
        q = queue()
        q.mark("a")
        return q.failed(await q.take(), after=7.0)

    assert run(scenario()) == 7.0


def test_a_failure_that_passes_by_itself_is_tried_again_soon_however_often_it_came():
    async def scenario():
        q = queue()
        delays = []
        for _ in range(12):
            q.mark("a")
            delays.append(q.failed(await q.take(), after=2.0, within=5.0))
        return delays

    delays = run(scenario())
    assert delays == sorted(delays)
    assert delays[0] == 2.0
    assert delays[-1] == 5.0


def test_who_waits_is_woken_by_a_mark_and_by_time():
    async def scenario():
        q = DirtyQueue(asyncio.get_running_loop().time)
        taker = asyncio.create_task(q.take())
        await asyncio.sleep(0)
        q.mark("a")
        assert await taker == "a"
        q.done("a")
        q.mark_in("b", 0.01)
        return await asyncio.wait_for(q.take(), PATIENCE)

    assert run(scenario()) == "b"


def test_a_key_that_is_hastened_comes_first_and_hides_no_age():
    async def story():
        clock = Clock()
        q = queue(clock)
        q.mark("a")
        clock.now += 5
        q.mark("b")
        q.hasten("c")
        assert q.oldest_age() == 5.0
        assert await due(q) == ["c", "a", "b"]
        assert q.taken == 3

    run(story())


def test_several_workers_share_the_keys():
    async def scenario():
        q = queue()
        takers = [asyncio.create_task(q.take()) for _ in range(3)]
        await asyncio.sleep(0)
        for key in "abc":
            q.mark(key)
        return sorted(await asyncio.gather(*takers))

    assert run(scenario()) == ["a", "b", "c"]


def test_who_waits_can_be_cancelled_at_any_moment():
    async def scenario():
        for turns in range(4):
            q = queue()
            q.mark_in("later", 1000)
            taker = asyncio.create_task(q.take())
            for _ in range(turns):
                await asyncio.sleep(0)
            q.mark("a")
            taker.cancel()
            with pytest.raises(asyncio.CancelledError):
                await taker

    run(scenario())


def test_depth_and_age_tell_how_far_behind_the_workers_are():
    clock = Clock()
    q = queue(clock)
    assert (q.depth, q.oldest_age()) == (0, 0.0)
    q.mark("a")
    clock.now += 3
    q.mark("b")
    assert (q.depth, q.oldest_age()) == (2, 3.0)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["mark", "mark_in", "take", "done", "fail", "wait"]), st.integers(0, 3)
        )
    )
)
def test_no_mark_is_ever_lost(steps):
    async def scenario():
        clock = Clock()
        q = queue(clock)
        busy, owed = [], set()
        for what, which in steps:
            if what == "mark":
                q.mark(which)
                owed.add(which)
            elif what == "mark_in":
                q.mark_in(which, 1.0 + which)
                owed.add(which)
            elif what == "take" and q.depth:
                key = await q.take()
                assert key not in busy
                busy.append(key)
                owed.discard(key)
            elif what == "done" and busy:
                q.done(busy.pop(0))
            elif what == "fail" and busy:
                key = busy.pop(0)
                q.failed(key)
                owed.add(key)
            else:
                clock.now += 1.0
        for key in busy:
            q.done(key)
        clock.now += 1000
        assert owed <= set(await due(q))

    run(scenario())


def test_a_time_that_was_set_while_a_key_was_worked_on_outlives_its_failure():
    async def scenario():
        clock = Clock()
        q = queue(clock)
        for _ in range(12):  # the backoff has grown to its longest
            q.mark("a")
            q.failed(await q.take())
        q.mark("a")
        key = await q.take()
        q.mark_in(key, 3.0)
        assert q.failed(key) == LAST_DELAY
        clock.now += 2.9
        early = q.depth
        clock.now += 0.2
        return early, q.depth

    assert run(scenario()) == (0, 1)


def test_a_mark_while_a_key_was_worked_on_shortens_the_wait_after_its_failure():
    async def scenario():
        q = queue()
        for _ in range(12):
            q.mark("a")
            q.failed(await q.take())
        q.mark("a")
        key = await q.take()
        q.mark(key)
        return q.failed(key)

    assert run(scenario()) == MARKED_DELAY


def test_a_time_that_comes_while_a_key_is_worked_on_counts_as_a_mark():
    async def scenario():
        clock = Clock()
        q = queue(clock)
        q.mark("a")
        key = await q.take()
        q.mark_in(key, 3.0)
        clock.now += 4.0
        assert q.depth == 0
        q.done(key)
        return await due(q), q.depth

    assert run(scenario()) == (["a"], 0)
