"""A study that judges for long slows itself down: others have their turn after each slice.

Time is played: it goes on when a value is judged, and while somebody waits for his share. What is
looked at is who was judged and answered before whom.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from espalier.engine.reports.limits import LimitReached, ValueLimits
from espalier.engine.reports.loop_share import LoopShare
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Acknowledgement, CheckedBatch, CheckedReport
from espalier.errors import ReportError, RetryLater
from espalier.pruning import Judge, Report, Verdict
from espalier.store import Store, open_store
from tests.engine.counting import Counting
from tests.ingest.serving import UID, binding_of, study_of

OTHER = "0a8b7c6d-0000-0000-0000-000000000001"
SLICE = 0.002
COST = 0.001


class World:
    """Two studies, digits and other, of which a value takes a millisecond to judge."""

    def __init__(self, store: Store, **limits: Any) -> None:
        self.store = store
        self.now = 0.0
        self.judged: list[tuple[str, int, int]] = []
        self.waits: list[float] = []
        self.waited = asyncio.Event()
        self.until = asyncio.Event()
        self.until.set()
        self.counted = Counting()
        self.limits = ValueLimits(slice_seconds=SLICE, loop_burst=0.01, **limits)

    async def start(self) -> None:
        share = LoopShare(self.limits, lambda: self.now, self.sleep)
        self.live = OpenStudies(self.store, lambda *_: None, observe=self.counted, share=share)
        spec = {"resource": {"name": "step", "max": 10_000}}
        await self.live.open(study_of({"type": "Nop"}, **spec))
        await self.live.open(study_of({"type": "Nop"}, uid=OTHER, name="other", **spec))
        for number in range(4):
            self.live.bind(binding_of(f"pod-{number}", number))
            self.live.bind(binding_of(f"other-{number}", number, uid=OTHER))

    async def sleep(self, seconds: float) -> None:
        if seconds:
            self.waits.append(seconds)
            self.waited.set()
            await self.until.wait()
            self.now += seconds
        await asyncio.sleep(0)

    def report(self, pod: str, *steps: int, value: float = 0.5) -> asyncio.Future[Acknowledgement]:
        reports = tuple(CheckedReport("val_accuracy", step, value) for step in steps)
        number = pod.split("-")[1]
        batch = CheckedBatch(f"research/digits-{number}", reports)
        return asyncio.ensure_future(self.live.submit(f"uid-{pod}", batch))

    def of(self, uid: str) -> list[tuple[int, int]]:
        return [(trial, step) for study, trial, step in self.judged if study == uid]


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(story: Callable[[World], Awaitable[None]], **limits: Any) -> None:
        async def play() -> None:
            store = await open_store(f"sqlite:///{tmp_path}/espalier.db")
            world = World(store, **limits)
            report = Judge.report

            def slow(judge: Judge, said: Report, at: float) -> Verdict:
                world.now += COST
                world.judged.append((judge.ledger.terms.study_uid, said.trial, said.step))
                return report(judge, said, at)

            with monkeypatch.context() as patched:
                patched.setattr(Judge, "report", slow)
                await world.start()
                try:
                    await story(world)
                finally:
                    await store.close()

        asyncio.run(play())

    return run


def test_a_neighbour_is_judged_after_at_most_one_slice(tell: Callable[..., None]) -> None:
    async def story(world: World) -> None:
        flood = [world.report(f"pod-{n}", *range(256)) for n in range(3)]
        for _ in range(20):
            await asyncio.sleep(0)
            before = len(world.of(UID))
            mine = len(world.of(OTHER))
            asked = world.report("other-0", mine)
            while len(world.of(OTHER)) == mine and not asked.done():
                await asyncio.sleep(0)
            assert len(world.of(UID)) - before <= SLICE / COST + 1
            await asked
        assert sum([(await each).accepted for each in flood]) == 3 * 256

    tell(story)


def test_a_neighbour_is_answered_while_a_study_pays_for_what_it_judged(
    tell: Callable[..., None],
) -> None:
    async def story(world: World) -> None:
        world.until.clear()
        flood = world.report("pod-0", *range(256))
        await world.waited.wait()
        # It has used what it may use at once and its share meanwhile, and one slice on top.
        most = (world.limits.loop_burst / (1 - world.limits.loop_share) + SLICE) / COST + 1
        assert len(world.of(UID)) <= most
        for step in range(5):
            assert (await world.report("other-0", step)).accepted == 1
        assert len(world.of(UID)) <= most
        world.until.set()
        assert (await flood).accepted == 256
        # All in all it had no more than its share of the time.
        judged = 256 * COST
        assert sum(world.waits) >= judged / world.limits.loop_share - judged - 0.1

    tell(story)


def test_the_log_has_the_order_in_which_the_judge_saw_it(tell: Callable[..., None]) -> None:
    async def story(world: World) -> None:
        posts = [world.report(f"pod-{n}", *range(40)) for n in range(4)]
        await asyncio.sleep(0)
        posts += [world.report(f"pod-{n}", *range(20, 60)) for n in range(4)]
        answers = [await each for each in posts]
        assert [each.accepted for each in answers] == [40] * 4 + [20] * 4
        row = next(row for row in await world.store.studies() if row.uid == UID)
        log = [(seen.trial, seen.step) for seen in (await world.store.log(row)).observations]
        assert log == world.of(UID)
        assert len(log) == 4 * 60

    tell(story)


def test_a_post_that_is_refused_for_its_last_value_has_judged_none(
    tell: Callable[..., None],
) -> None:
    async def story(world: World) -> None:
        await world.report("pod-0", 300)
        with pytest.raises(ReportError) as caught:
            await world.report("pod-0", *range(255), 300, value=0.25)
        assert (caught.value.code, caught.value.index) == ("Contradiction", 255)
        assert world.of(UID) == [(0, 300)]

    tell(story)


def test_a_study_that_asks_for_far_more_than_its_share_is_told_when_to_come_again(
    tell: Callable[..., None],
) -> None:
    async def story(world: World) -> None:
        world.until.clear()
        first = world.report("pod-0", *range(256))
        await world.waited.wait()
        others = [world.report(f"pod-{n}", *range(256)) for n in (1, 2, 3)]
        with pytest.raises(LimitReached) as caught:
            await others[-1]
        assert (caught.value.status, caught.value.code) == (429, "TooFast")
        assert "--loop-share" in caught.value.message
        assert caught.value.after is not None
        assert caught.value.after > world.limits.longest_wait
        assert set(world.counted.limits) == {("research", "digits", "loop_share")}
        assert (await world.report("other-0", 1)).accepted == 1
        world.until.set()
        assert [(await each).accepted for each in (first, others[0])] == [256, 256]
        await asyncio.wait(others)
        assert (await world.report("pod-3", 300)).accepted == 1

    tell(story, longest_wait=0.5)


def test_a_study_deleted_in_the_middle_of_a_post_takes_no_more_of_it(
    tell: Callable[..., None],
) -> None:
    async def story(world: World) -> None:
        world.until.clear()
        flood = world.report("pod-0", *range(256))
        await world.waited.wait()
        await world.live.close(UID, "deleted")
        judged = len(world.judged)
        world.until.set()
        with pytest.raises(RetryLater):
            await flood
        assert len(world.judged) == judged

    tell(story)


def test_what_is_judged_is_counted_by_study(tell: Callable[..., None]) -> None:
    async def story(world: World) -> None:
        await world.report("pod-0", *range(10))
        await world.report("other-0", 1)
        seconds = {
            name: math.fsum(each for study, each in world.counted.judged if study == name)
            for name in ("digits", "other")
        }
        assert seconds == pytest.approx({"digits": 10 * COST, "other": COST})

    tell(story)
