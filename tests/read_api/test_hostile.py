"""Who means harm gets words and no study, and everybody else is answered meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.errors import UsageError
from espalier.read_api.callers import REMEMBERED, Caller, Callers, TooMany, Unauthenticated
from espalier.views.query import MOST, Query
from tests.patience import PATIENCE
from tests.read_api.serving import ADMIN, MEMBER, Asking, Clock, Crowd, People, served
from tests.store.storing import storing, url_of, values

DIGITS = "/v1/namespaces/research/studies/digits"


class Given(dict[str, list[str]]):
    def get(self, key: str, default: str) -> str:  # type: ignore[override]
        return self[key][0] if self.__contains__(key) else default

    def getall(self, key: str, default: list[str]) -> list[str]:
        return self[key] if self.__contains__(key) else default


async def raw(ask: Asking, request: bytes) -> bytes:
    """Send bytes; return what comes until the server is silent."""
    host, _, port = ask.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
        return await asyncio.wait_for(reader.read(), PATIENCE)
    return b""


def request_for(target: str, *headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", "Host: x", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@pytest.mark.parametrize(
    "target",
    [
        f"{DIGITS}/../../elsewhere/studies/adopted",
        "/v1/namespaces/research/studies/..%2f..%2felsewhere%2fstudies%2fadopted",
        "/v1/namespaces/research%2f..%2felsewhere/studies/adopted",
        "/v1/namespaces/research/studies/digits%00",
        "/v1/namespaces/research/studies/%2e%2e",
        "/v1/namespaces/research/studies/" + "a" * 4000,
        "/v1/namespaces/research/studies/<img%20src=x>",
        "/v1/namespaces/Research/studies/digits",
        "/v1/namespaces/research/studies/digits%0d%0aX-Injected:%20yes",
        "//v1/namespaces/research/studies/digits",
        "/v1/namespaces//studies/digits",
        f"{DIGITS}/trials/%2e%2e/spec",
        f"{DIGITS}/trials/1/../../spec",
        f"{DIGITS}/trials/99999999999999999999",
        f"{DIGITS}/trials/-1",
        f"{DIGITS}/{'x/' * 500}",
    ],
)
def test_a_path_that_plays_tricks_leads_nowhere(golden: str, target: str) -> None:
    async def run() -> bytes:
        async with served(golden) as ask:
            return await raw(ask, request_for(target, f"Authorization: Bearer {MEMBER}"))

    head, _, body = asyncio.run(run()).partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert status in (400, 403, 404), head
    assert b"X-Injected" not in head
    assert b"Content-Type: application/json" in head
    assert b"nosniff" in head
    assert json.loads(body).keys() == {"error"}


@pytest.mark.parametrize(
    "query",
    [
        "limit=99999999999999999999999999999999",
        "limit=-1",
        "limit=1e9",
        "limit=٣",
        "continue=18446744073709551616",
        "continue=../../etc",
        "sort=__class__",
        "state=Running&state=Nowhere",
        "order=sideways",
        "state=" + "Running," * 3000 + "x",
    ],
)
def test_a_query_that_asks_for_what_there_cannot_be_is_refused(golden: str, query: str) -> None:
    async def run() -> tuple[int, str]:
        async with served(golden) as ask:
            safe = quote(query, safe="=&.,_-/")
            answer = await raw(ask, request_for(f"{DIGITS}/trials?{safe}", bearer()))
            head, _, body = answer.partition(b"\r\n\r\n")
            return int(head.split()[1]), body.decode()

    status, body = asyncio.run(run())
    assert status == 400, body
    assert "expected" in body or "Got more than" in body


def bearer(token: str = ADMIN) -> str:
    return f"Authorization: Bearer {token}"


@given(text=st.text(max_size=40))
def test_a_number_is_one_within_its_bound_or_refused(text: str) -> None:
    try:
        found = Query(Given(n=[text])).number("n", 7, most=1000)
    except UsageError:
        assert not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= 1000)
    else:
        assert 0 <= found <= 1000


@given(count=st.integers(0, 50), limit=st.integers(0, 60))
def test_pages_are_the_list_whatever_their_size(count: int, limit: int) -> None:
    items = [{"n": number} for number in range(count)]
    seen, go_on = [], "0"
    while go_on is not None:
        page = Query(Given(limit=[str(limit)], **{"continue": [go_on]})).page(items)
        assert page["total"] == count
        assert len(page["items"]) <= (limit or MOST)
        seen += page["items"]
        go_on = page["continue"]
    assert seen == items


@settings(deadline=None, max_examples=50)
@given(header=st.text(st.characters(codec="latin-1"), max_size=60))
def test_a_header_that_is_no_token_asks_nobody(header: str) -> None:
    asked: list[str] = []

    class Counting(People):
        async def caller(self, token: str) -> Caller | None:
            asked.append(token)
            return None

    async def run() -> None:
        with pytest.raises(Unauthenticated):
            await Callers(Counting()).identify({"Authorization": header})

    asyncio.run(run())
    scheme, _, token = header.partition(" ")
    good = token.strip()
    assert not asked or (scheme.lower() == "bearer" and asked == [good] and good.isascii())


def test_a_huge_head_is_refused(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            for header in ("X-Long: " + "a" * 100_000, f"Authorization: Bearer {'a' * 60_000}"):
                answer = await raw(ask, request_for(DIGITS, header))
                assert answer == b"" or b" 400 " in answer.splitlines()[0] or b" 401 " in answer
            assert (await ask.get(DIGITS))[0] == 200

    asyncio.run(run())


def test_each_of_many_requests_on_one_connection_is_held_to_its_own_token(golden: str) -> None:
    def one(token: str) -> bytes:
        target = "/v1/namespaces/elsewhere/studies/adopted"
        head = [f"GET {target} HTTP/1.1", "Host: x", bearer(token)]
        return ("\r\n".join(head) + "\r\n\r\n").encode()

    async def run() -> bytes:
        async with served(golden) as ask:
            tokens = [ADMIN, MEMBER, "forged", ADMIN, MEMBER]
            last = request_for("/healthz")
            return await raw(ask, b"".join(map(one, tokens)) + last)

    answers = asyncio.run(run())
    found = [int(part.split()[0]) for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert found == [200, 403, 401, 200, 403, 200]


def test_forged_tokens_ask_the_api_server_within_bounds_and_nothing_good_is_forgotten() -> None:
    asked: list[str] = []
    left = [20]

    class Counting(People):
        async def caller(self, token: str) -> Caller | None:
            asked.append(token)
            return await super().caller(token)

    def wait(_peer: str) -> float:
        left[0] -= 1
        return 0.0 if left[0] >= 0 else 1.0

    async def run() -> None:
        callers = Callers(Counting(), Clock(), wait)
        await callers.identify({"Authorization": f"Bearer {ADMIN}"})
        refused = 0
        for number in range(200):
            with pytest.raises((Unauthenticated, TooMany)) as said:
                await callers.identify({"Authorization": f"Bearer forged-{number}"})
            refused += said.type is TooMany
        assert (len(asked), refused) == (20, 181)
        for _ in range(50):  # the same forged one is asked about once
            with pytest.raises(Unauthenticated):
                await callers.identify({"Authorization": "Bearer forged-0"})
        await callers.identify({"Authorization": f"Bearer {ADMIN}"})
        assert len(asked) == 20
        assert REMEMBERED > 20

    asyncio.run(run())


def test_many_who_show_the_same_unknown_token_ask_once() -> None:
    asked: list[str] = []

    class Slow(People):
        async def caller(self, token: str) -> Caller | None:
            asked.append(token)
            await asyncio.sleep(0.05)
            return await super().caller(token)

    async def run() -> None:
        callers = Callers(Slow(), Clock())
        header = {"Authorization": f"Bearer {ADMIN}"}
        found = await asyncio.gather(*(callers.identify(header) for _ in range(100)))
        assert set(found) == {Caller("admin")}
        assert asked == [ADMIN]

    asyncio.run(run())


def test_two_hundred_streams_and_slow_readers_hold_nobody_up(tmp_path: Path) -> None:
    """Each stream is told of what is new while values are committed beside."""

    path = "/v1/namespaces/research/studies/u1"

    async def run() -> None:
        async with (
            storing(tmp_path) as (store, row),
            served(url_of(tmp_path), authority=Crowd(), poll_seconds=0.05) as ask,
        ):
            await store.commit(values(row.id, 0, *range(1, 50)))
            for _ in range(20):  # they ask for a log, and never read
                host, _, port = ask.url.removeprefix("http://").partition(":")
                _, writer = await asyncio.open_connection(host, int(port))
                writer.write(request_for(f"{path}/log", bearer("sleepy")))
            told: set[int] = set()
            all_there, last = asyncio.Event(), asyncio.Event()

            async def watch(number: int) -> None:
                async with ask.events(f"{path}/events", f"watcher-{number % 10}") as events:
                    async for event in events:
                        if not event:
                            continue
                        told.add(number)
                        if len(told) == 200:
                            all_there.set()
                        if last.is_set() and json.loads(event["data"])["revision"] >= goal:
                            return

            goal = 0
            watching = [asyncio.create_task(watch(number)) for number in range(200)]
            await all_there.wait()
            for step in range(100):
                await store.commit(values(row.id, 1, step, seq=100 + step))
            status, page, _ = await ask.get(f"{path}/trials")
            assert (status, page["total"]) == (200, 2)
            goal = 1
            last.set()
            await store.commit(values(row.id, 2, 1, seq=300))
            await asyncio.gather(*watching)

    async def bounded() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(run(), PATIENCE)
            return
        pytest.fail("somebody was held up")

    asyncio.run(bounded())
