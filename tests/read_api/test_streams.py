"""Who watches a study is told of each change, and of no more than he may see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

from espalier.read_api.callers import Caller
from tests.read_api.serving import ADMIN, MEMBER, People, served
from tests.store.storing import storing, url_of, values

EVENTS = "/v1/namespaces/research/studies/u1/events"


async def change(events: AsyncIterator[dict[str, str]]) -> dict[str, str]:
    """Return the next that is told; signs of life may come first."""
    while not (event := await anext(events)):
        pass
    return event


def test_a_stream_begins_with_what_is_and_goes_on_with_what_is_new(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            storing(tmp_path) as (store, row),
            served(url_of(tmp_path), poll_seconds=0.02) as ask,
        ):
            await store.commit(values(row.id, 0, 1))
            async with ask.events(EVENTS) as events:
                first = await change(events)
                assert first["event"] == "change"
                before = json.loads(first["data"])["revision"]
                await store.commit(values(row.id, 0, 2, seq=1))
                second = await change(events)
                assert json.loads(second["data"])["revision"] > before
                assert second["id"] != first["id"]

    asyncio.run(run())


def test_who_comes_back_is_told_only_of_what_he_missed(tmp_path: Path) -> None:
    async def run() -> None:
        async with (
            storing(tmp_path) as (store, row),
            served(url_of(tmp_path), poll_seconds=0.02, heartbeat_seconds=0.2) as ask,
        ):
            async with ask.events(EVENTS) as events:
                known = (await change(events))["id"]
            again = {"Last-Event-ID": known}
            async with ask.events(EVENTS, **again) as events:
                assert await anext(events) == {}, "nothing is new: only a sign of life"
            await store.commit(values(row.id, 0, 1))
            async with ask.events(EVENTS, **again) as events:
                assert (await change(events))["event"] == "change"
            async with ask.events(EVENTS, **{"Last-Event-ID": "of-another-reader"}) as events:
                assert (await change(events))["event"] == "change"

    asyncio.run(run())


def test_a_stream_ends_when_the_right_to_see_the_study_is_gone(tmp_path: Path) -> None:
    class Fickle(People):
        async def allowed(self, caller: Caller, verb: str, namespace: str, name: str) -> bool:
            return may

    async def run() -> None:
        nonlocal may
        fast = {"poll_seconds": 0.02, "check_seconds": 0.05}
        async with (
            storing(tmp_path),
            served(url_of(tmp_path), authority=Fickle(), **fast) as ask,
            ask.events(EVENTS, MEMBER) as events,
        ):
            assert (await change(events))["event"] == "change"
            may = False
            ask.forget()
            last = [event async for event in events if event][-1]
            assert last["event"] == "end"
            assert json.loads(last["data"])["code"] == "Forbidden"

    may = True
    asyncio.run(run())


def test_who_may_not_see_a_study_gets_no_stream(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path), served(url_of(tmp_path)) as ask:
            assert (await ask.get(EVENTS, None))[0] == 401
            other = EVENTS.replace("research", "elsewhere")
            assert (await ask.get(other, MEMBER))[0] == 403
            assert (await ask.get(other, ADMIN))[0] == 404

    asyncio.run(run())
