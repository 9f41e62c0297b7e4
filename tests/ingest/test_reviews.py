"""Whose token it is: what is asked, what is remembered, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.errors import ReportError, RetryLater
from espalier.ingest.identity import POD_UID, bearer, expiry, identify
from espalier.ingest.rate import Bucket, Buckets
from espalier.ingest.reviews import Reviews
from tests.ingest.serving import AUDIENCE, ApiServer, status_of, token_of

GOOD = status_of(token_of("pod-7"))
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def changed(**user: Any) -> dict[str, Any]:
    return GOOD | {"user": GOOD["user"] | user}


REFUSED: dict[str, Mapping[str, Any]] = {
    "nothing": {},
    "not authenticated": GOOD | {"authenticated": False},
    "authenticated, but not a bool": GOOD | {"authenticated": "true"},
    "no audiences: an API server that does not check them": {
        key: value for key, value in GOOD.items() if key != "audiences"
    },
    "another audience": GOOD | {"audiences": ["https://kubernetes.default.svc"]},
    "a person": changed(username="alice"),
    "a service account without a name": changed(username="system:serviceaccount:"),
    "no pod": changed(extra={}),
    "two pods": changed(extra={POD_UID: ["a", "b"]}),
    "an empty pod": changed(extra={POD_UID: [""]}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_status_that_is_not_enough(name: str) -> None:
    with pytest.raises(ReportError) as caught:
        identify(REFUSED[name], AUDIENCE)
    assert (caught.value.status, caught.value.code) == (401, "Unauthenticated")


def test_a_status_that_is_enough() -> None:
    identity = identify(GOOD, AUDIENCE)
    assert (identity.namespace, identity.pod_name, identity.pod_uid) == (
        "research",
        "pod-7",
        "uid-pod-7",
    )


@given(st.text(max_size=60) | st.none())
def test_any_header_is_a_token_or_refused(header: str | None) -> None:
    try:
        token = bearer(header)
    except ReportError:
        return
    assert token.isascii()
    assert token.count(".") == 2


@given(st.text(max_size=40))
def test_any_token_has_an_end_or_none(text: str) -> None:
    found = expiry(f"a.{text}.b")
    assert found is None or isinstance(found, float)


class World:
    """Reviews with a clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.api = ApiServer()
        self.said: list[str] = []
        self.reviews = Reviews(self.api.review, AUDIENCE, lambda: self.now, self.said.append)

    async def ask(self, token: str) -> str:
        return (await self.reviews.identity(token, "10.0.0.1")).pod_uid


def test_a_token_is_remembered_for_a_minute_and_a_bad_one_for_seconds() -> None:
    async def story() -> None:
        world = World()
        good, bad = token_of("pod-7"), token_of("pod-7", audience="x")
        for _ in range(3):
            assert await world.ask(good) == "uid-pod-7"
            with pytest.raises(ReportError):
                await world.ask(bad)
        assert len(world.api.reviewed) == 2
        world.now += 5.1
        await world.ask(good)
        with pytest.raises(ReportError):
            await world.ask(bad)
        assert len(world.api.reviewed) == 3
        world.now += 55
        await world.ask(good)
        assert len(world.api.reviewed) == 4
        assert world.said == ["Accepted", "Refused", "Refused", "Accepted"]

    asyncio.run(story())


def test_a_token_is_not_remembered_beyond_its_end() -> None:
    async def story() -> None:
        world = World()
        token = token_of("pod-7", expires=1010.0)
        await world.ask(token)
        world.now = 1009.0
        await world.ask(token)
        assert len(world.api.reviewed) == 1
        world.now = 1010.5
        await world.ask(token)
        assert len(world.api.reviewed) == 2

    asyncio.run(story())


def test_an_api_server_that_is_away_is_asked_again() -> None:
    async def story() -> None:
        world = World()
        world.api.error = RetryLater("away", after=2)
        with pytest.raises(RetryLater):
            await world.ask(token_of("pod-7"))
        world.api.error = None
        assert await world.ask(token_of("pod-7")) == "uid-pod-7"
        assert world.said == ["Unavailable", "Accepted"]

    asyncio.run(story())


def test_who_hangs_up_does_not_cancel_the_question_of_others() -> None:
    async def story() -> None:
        world = World()
        asked = asyncio.Event()
        answer = asyncio.Event()

        async def slow(token: str) -> Mapping[str, Any]:
            asked.set()
            await answer.wait()
            return status_of(token)

        world.reviews._review = slow
        first, second = (asyncio.create_task(world.ask(token_of("pod-7"))) for _ in range(2))
        await asked.wait()
        first.cancel()
        answer.set()
        assert await second == "uid-pod-7"

    asyncio.run(story())


@given(
    rate=st.floats(0.1, 100),
    burst=st.integers(1, 50),
    waits=st.lists(st.floats(0, 3), max_size=60),
)
def test_a_bucket_lets_through_its_burst_and_its_rate_and_no_more(
    rate: float, burst: int, waits: list[float]
) -> None:
    now, passed = 100.0, 0
    bucket = Bucket(rate, burst, now)
    for wait in waits:
        now += wait
        told = bucket.take(now)
        passed += told == 0.0
        assert 0.0 <= told <= 1.0 / rate + 1e-9
        assert passed <= burst + (now - 100.0) * rate + 1e-6


def test_buckets_forget_who_was_away_longest() -> None:
    buckets = Buckets(rate=0.001, burst=1, most=2)
    assert [buckets.take(key, 0.0) == 0.0 for key in "aabca"] == [True, False, True, True, True]
