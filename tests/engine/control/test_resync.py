"""When everything is listed: at the start, every so often, and soon after a watch has begun."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from espalier.engine.control import resync
from espalier.engine.control.resync import Resync
from tests.patience import PATIENCE


class Rounds(Resync):
    """Counts its rounds, which list nothing and end when they are let."""

    def __init__(self, interval: float) -> None:
        super().__init__(cluster=None, reconciler=None, interval=interval)  # type: ignore[arg-type]
        self.begun = 0
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def once(self) -> None:
        self.begun += 1
        await self.may_end.wait()

    async def reach(self, rounds: int) -> None:
        while self.begun < rounds:
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def running(rounds: Rounds) -> AsyncIterator[None]:
    task = asyncio.create_task(rounds.run())
    try:
        await rounds.reach(1)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def tell(story: Callable[[], Awaitable[Any]]) -> None:
    asyncio.run(asyncio.wait_for(story(), PATIENCE))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync, "_TOGETHER", 0.01)


def test_a_round_follows_when_a_watch_has_begun_long_before_the_next_is_due() -> None:
    async def story() -> None:
        rounds = Rounds(interval=3600)
        async with running(rounds):
            rounds.soon()
            await rounds.reach(2)
            rounds.soon()
            await rounds.reach(3)

    tell(story)


def test_a_round_that_had_begun_before_the_watch_does_not_stand_for_it() -> None:
    async def story() -> None:
        rounds = Rounds(interval=3600)
        rounds.may_end.clear()
        async with running(rounds):
            rounds.soon()
            rounds.may_end.set()
            await rounds.reach(2)

    tell(story)


def test_watches_that_begin_together_are_answered_by_one_round() -> None:
    async def story() -> None:
        rounds = Rounds(interval=3600)
        async with running(rounds):
            for _ in range(4):
                rounds.soon()
            await rounds.reach(2)
            await asyncio.sleep(0.1)
            assert rounds.begun == 2

    tell(story)


def test_rounds_go_on_by_themselves() -> None:
    async def story() -> None:
        rounds = Rounds(interval=0.01)
        async with running(rounds):
            await rounds.reach(5)

    tell(story)
