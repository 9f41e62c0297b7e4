"""Whose token it is: what is asked, what is remembered, what is refused."""

from __future__ import annotations

import asyncio
import base64
import string
from collections.abc import Awaitable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.errors import ReportError, RetryLater
from espalier.ingest.identity import POD_UID, bearer, check_spelling, claimed, identify
from espalier.ingest.limits import Limits
from espalier.ingest.rate import Bucket, Buckets
from espalier.ingest.reviews import Reviews
from espalier.ingest.tokens import Tokens
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
    found = claimed(f"a.{text}.b").ends
    assert found is None or isinstance(found, float)


class World:
    """Tokens that have to be asked about, with a clock."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.now = 1000.0
        self.api = ApiServer()
        self.said: list[str] = []
        reviews = Reviews(
            lambda token, urgent: self.review(token, urgent),
            AUDIENCE,
            limits,
            self.said.append,
            lambda: self.now,
        )
        self.tokens = Tokens(None, reviews, AUDIENCE, limits, lambda: self.now)

    async def review(self, token: str, urgent: bool) -> Mapping[str, Any]:
        return await self.api.review(token, urgent)

    async def ask(self, token: str, peer: str = "10.0.0.1") -> str:
        return (await self.tokens.identity(token, peer)).pod_uid


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

        async def slow(token: str, _urgent: bool) -> Mapping[str, Any]:
            asked.set()
            await answer.wait()
            return status_of(token)

        world.review = slow  # type: ignore[method-assign]
        first, second = (asyncio.create_task(world.ask(token_of("pod-7"))) for _ in range(2))
        await asked.wait()
        first.cancel()
        answer.set()
        assert await second == "uid-pod-7"

    asyncio.run(story())


def test_a_good_token_goes_on_while_nobody_can_be_asked_and_not_for_ever() -> None:
    async def story() -> None:
        world = World()
        token = token_of("pod-7", expires=99_999.0)
        await world.ask(token)
        world.api.error = RetryLater("away")
        for _ in range(100):
            world.now += 5.5
            assert await world.ask(token) == "uid-pod-7"
        world.now += 60
        with pytest.raises(RetryLater):
            await world.ask(token)
        world.api.error = None
        assert await world.ask(token) == "uid-pod-7"

    asyncio.run(story())


def test_a_good_token_that_is_refused_later_is_refused_at_once() -> None:
    async def story() -> None:
        world = World()
        token = token_of("pod-7")
        await world.ask(token)
        world.api.gone.add("pod-7")
        world.now += 61
        with pytest.raises(ReportError):
            await world.ask(token)

    asyncio.run(story())


async def code_of(asking: Awaitable[str]) -> str:
    try:
        await asking
    except ReportError as error:
        return error.code
    except RetryLater:
        return "RetryLater"
    return "Accepted"


def many(pod: str, count: int, **more: Any) -> list[str]:
    return [token_of(pod, expires=50_000.0 + number, **more) for number in range(count)]


def test_a_pod_may_show_few_different_tokens_however_good_they_are() -> None:
    async def story() -> None:
        world = World()
        codes = [
            await code_of(world.ask(token, f"10.6.6.{number % 200}"))
            for number, token in enumerate(many("pod-7", 1500))
        ]
        assert codes.count("Accepted") <= 11
        assert set(codes) == {"Accepted", "TooFast"}
        assert len(world.api.reviewed) <= 11
        assert await world.ask(token_of("pod-8"), "10.0.0.2") == "uid-pod-8"
        assert await world.ask(token_of("pod-9")) == "uid-pod-9"  # behind the same address

    asyncio.run(story())


def test_bad_tokens_that_name_a_pod_do_not_shut_out_that_pod() -> None:
    """What a token says of itself is not vouched for, so it can cost only its own address."""

    async def story() -> None:
        world = World()
        for token in many("pod-7", 500, audience="x"):
            await code_of(world.ask(token, "10.6.6.6"))
        assert len(world.api.reviewed) <= 45
        assert await world.ask(token_of("pod-7")) == "uid-pod-7"

    asyncio.run(story())


def test_a_token_that_was_good_is_asked_about_again_whatever_floods() -> None:
    async def story() -> None:
        world = World()
        mine = token_of("pod-7")
        await world.ask(mine)
        world.now += 60.5
        for number in range(200):
            await code_of(world.ask(token_of(f"other-{number}", audience="x")))
        asked = len(world.api.reviewed)
        assert await world.ask(mine) == "uid-pod-7"
        assert world.api.reviewed[asked:] == [mine]

    asyncio.run(story())


def test_an_address_has_few_questions_waiting() -> None:
    async def story() -> None:
        world = World(Limits(review_peer_burst=1e6))
        release, asked = asyncio.Event(), []

        async def slow(token: str, _urgent: bool) -> Mapping[str, Any]:
            asked.append(token)
            await release.wait()
            return status_of(token)

        world.review = slow  # type: ignore[method-assign]
        flood = [
            asyncio.create_task(code_of(world.ask(token_of(f"pod-{n}"), "10.6.6.6")))
            for n in range(200)
        ]
        other = asyncio.create_task(world.ask(token_of("pod-7")))
        while token_of("pod-7") not in asked:
            await asyncio.sleep(0)
        release.set()
        codes = await asyncio.gather(*flood)
        assert (codes.count("Accepted"), codes.count("RetryLater")) == (32, 168)
        assert await other == "uid-pod-7"

    asyncio.run(story())


def spellings(token: str) -> list[str]:
    """Return all tokens that decode to the same bytes as this one, itself included."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    meant = base64.urlsafe_b64decode(token.split(".")[2] + "==")
    found = [token[:-1] + last for last in alphabet]
    return [t for t in found if base64.urlsafe_b64decode(t.split(".")[2] + "==") == meant]


@pytest.mark.parametrize("size", [64, 256, 32, 384])
def test_of_the_spellings_of_a_token_one_is_taken(size: int) -> None:
    signature = base64.urlsafe_b64encode(bytes(range(64)) * (size // 64 or 1)).decode()
    token = token_of("pod-7").rpartition(".")[0] + "." + signature.rstrip("=")
    others = [each for each in spellings(token) if each != token]
    check_spelling(token)
    for other in [*others, token + "=", token + "==", token.replace(".", ".="), token + "\n"]:
        with pytest.raises(ReportError) as caught:
            check_spelling(other)
        assert caught.value.status == 401


@given(st.text("abcdefgAQw_-=+/ ", max_size=12), st.text("abcdAQw_-=+/ ", max_size=12))
def test_no_two_tokens_that_are_taken_mean_the_same(left: str, right: str) -> None:
    taken = [text for text in {left, right} if _taken(text)]
    assert len({base64.urlsafe_b64decode(text + "==") for text in taken}) == len(taken)


def test_other_spellings_of_a_token_are_not_asked_about() -> None:
    async def story() -> None:
        world = World()
        token = token_of("pod-7")[:-12] + "A" * 11
        assert len(spellings(token)) == 4
        codes = [await code_of(world.ask(each)) for each in spellings(token)]
        assert sorted(codes) == [
            "Accepted",
            "Unauthenticated",
            "Unauthenticated",
            "Unauthenticated",
        ]
        assert world.api.reviewed == [token]

    asyncio.run(story())


def _taken(text: str) -> bool:
    try:
        check_spelling(f"e30.e30.{text}")
    except ReportError:
        return False
    return True


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
