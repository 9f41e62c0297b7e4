"""Tokens checked by keys: the good ones pass without a question, the forged ones never do."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.errors import ReportError, RetryLater
from espalier.ingest.keys import DISCOVERY, KEYS, Keys, KeySet, parse_keys
from espalier.kube import Refused
from tests.ingest.issuer import AUDIENCE, ISSUER, NOW, Issuer, part

issuer = Issuer()
other = Issuer("ES256")
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def keys_of(source: Issuer) -> KeySet:
    found = parse_keys({"issuer": ISSUER}, source.published)
    assert found is not None
    return found


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384"])
def test_a_token_of_the_api_servers_is_good(algorithm: str) -> None:
    source = Issuer(algorithm)
    found = keys_of(source).check(source.token(), AUDIENCE, NOW)
    assert found is not None
    assert (found.namespace, found.pod_name, found.pod_uid) == ("research", "pod-7", "uid-pod-7")


def unsigned() -> str:
    header = part(json.dumps({"alg": "none", "kid": "key-1"}).encode())
    return f"{header}.{part(json.dumps(issuer.claims()).encode())}."


def signed_with_the_public_key_as_a_secret() -> str:
    pem = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = part(json.dumps({"alg": "HS256", "kid": "key-1"}).encode())
    body = f"{header}.{part(json.dumps(issuer.claims()).encode())}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{body}.{part(algorithm.sign(body.encode(), pem))}"


def with_other_claims() -> str:
    header, _, signature = issuer.token().split(".")
    return f"{header}.{part(json.dumps(issuer.claims('pod-8')).encode())}.{signature}"


def bound(**changed: Any) -> dict[str, Any]:
    return {"kubernetes.io": issuer.claims()["kubernetes.io"] | changed}


FORGED: dict[str, Callable[[], str]] = {
    "no signature": unsigned,
    "the public key as a secret": signed_with_the_public_key_as_a_secret,
    "other claims under a good signature": with_other_claims,
    "another key under a known id": lambda: other.token(),
    "another audience": lambda: issuer.token(aud=["https://kubernetes.default.svc"]),
    "an audience that contains ours": lambda: issuer.token(aud=["espalier-ingest-2"]),
    "no audience": lambda: issuer.token(aud=None),
    "no end": lambda: issuer.token(exp=None),
    "no subject": lambda: issuer.token(sub=None),
    "no pod": lambda: issuer.token(**bound(pod=None)),
    "a pod without a uid": lambda: issuer.token(**bound(pod={"name": "x"})),
    "a pod whose uid is empty": lambda: issuer.token(**bound(pod={"name": "x", "uid": ""})),
    "a pod whose uid is a list": lambda: issuer.token(**bound(pod={"name": "x", "uid": ["u"]})),
    "nothing of Kubernetes": lambda: issuer.token(**{"kubernetes.io": None}),
    "a string in place of it": lambda: issuer.token(**{"kubernetes.io": "x"}),
    "a subject of another namespace": lambda: issuer.token(
        sub="system:serviceaccount:elsewhere:default"
    ),
    "a subject that is a person": lambda: issuer.token(sub="alice"),
    "a header that is no JSON": lambda: "e30x." + issuer.token().split(".", 1)[1],
    "a key id that is a list": lambda: part(b'{"alg":"RS256","kid":["key-1"]}') + ".e30.AA",
    "brackets without end": lambda: part(b"[" * 5000) + ".e30.AA",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_is_not_good_is_refused(name: str) -> None:
    with pytest.raises(ReportError) as caught:
        keys_of(issuer).check(FORGED[name](), AUDIENCE, NOW)
    assert (caught.value.status, caught.value.code) == (401, "Unauthenticated")


ASKED: dict[str, Callable[[], str]] = {
    "a key that is not known": lambda: issuer.token(kid="key-2"),
    "no key id": lambda: issuer.token(kid=None),
    "another issuer, which the API server may accept": lambda: issuer.token(iss="https://old"),
    "it has ended": lambda: issuer.token(at=NOW - 4000),
    "it has not begun": lambda: issuer.token(at=NOW + 60),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_the_keys_cannot_tell_is_asked(name: str) -> None:
    assert keys_of(issuer).check(ASKED[name](), AUDIENCE, NOW) is None


def test_clocks_may_differ_a_little() -> None:
    for at in (NOW + 9, NOW - 3609):
        assert keys_of(issuer).check(issuer.token(at=at), AUDIENCE, NOW) is not None


@settings(deadline=None)
@given(
    st.text("abcAQ_-.0", max_size=40)
    | st.tuples(json_like, json_like).map(
        lambda two: ".".join([*(part(json.dumps(each).encode()) for each in two), "AA"])
    )
)
def test_any_token_is_refused_or_asked_about_and_never_an_error_of_ours(token: str) -> None:
    with contextlib.suppress(ReportError):
        assert keys_of(issuer).check(token, AUDIENCE, NOW) is None


@given(json_like, json_like)
def test_any_documents_are_keys_or_none(discovery: Any, published: Any) -> None:
    as_object = {"issuer": discovery}, {"keys": published}
    assert parse_keys(*as_object) is None


def test_a_shared_secret_among_the_keys_is_not_one_of_them() -> None:
    secret = {"kty": "oct", "k": part(b"x" * 32), "kid": "key-0", "alg": "HS256"}
    found = parse_keys({"issuer": ISSUER}, {"keys": [secret, "x", *issuer.published["keys"]]})
    assert found is not None
    assert set(found.keys) == {"key-1"}


class World:
    """Keys with a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.issuer = Issuer()
        self.keys = Keys(self.issuer.document, lambda: self.now)

    async def check(self, token: str) -> str:
        try:
            found = await self.keys.check(token, AUDIENCE, NOW)
        except ReportError:
            return "refused"
        return "asked" if found is None else found.pod_uid


def test_keys_are_fetched_once_for_any_number_of_tokens() -> None:
    async def story() -> None:
        world = World()
        tokens = [world.issuer.token(f"pod-{number}") for number in range(50)]
        found = await asyncio.gather(*(world.check(token) for token in tokens))
        assert found == [f"uid-pod-{number}" for number in range(50)]
        assert world.issuer.read == [DISCOVERY, KEYS]

    asyncio.run(story())


def test_an_unknown_key_is_looked_for_but_a_flood_of_them_seldom() -> None:
    async def story() -> None:
        world = World()
        await world.check(world.issuer.token())
        world.issuer.kid = "key-2"
        for number in range(200):
            assert await world.check(world.issuer.token(kid=f"made-up-{number}")) == "asked"
        assert len(world.issuer.read) == 2
        world.issuer.published["keys"][0]["kid"] = "key-2"
        world.now += 31
        assert await world.check(world.issuer.token()) == "uid-pod-7"
        assert len(world.issuer.read) == 4

    asyncio.run(story())


def test_known_keys_go_on_while_the_api_server_is_away() -> None:
    async def story() -> None:
        world = World()
        await world.check(world.issuer.token())
        world.issuer.away()
        for pause in (10, 100, 1000, 100_000):
            world.now += pause
            assert await world.check(world.issuer.token("pod-8")) == "uid-pod-8"

    asyncio.run(story())


def test_a_key_that_was_withdrawn_is_trusted_no_longer() -> None:
    async def story() -> None:
        world = World()
        token = world.issuer.token()
        await world.check(token)
        world.issuer.published["keys"][0]["kid"] = "key-2"
        world.now += 601
        await world.check(token)
        while len(world.issuer.read) < 4:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert await world.check(token) == "asked"

    asyncio.run(story())


@pytest.mark.parametrize("how", ["silent", "refused", "useless", "away"])
def test_where_keys_cannot_be_had_tokens_are_asked_about_until_they_can(how: str) -> None:
    async def story() -> None:
        world = World()
        if how == "silent":
            world.issuer.silent()
        elif how == "refused":
            world.issuer.error = Refused("forbidden", code=403)
        elif how == "away":
            world.issuer.error = RetryLater("away")
        else:
            world.issuer.published = {"keys": {}}
        for _ in range(20):
            assert await world.check(world.issuer.token()) == "asked"
        assert len(world.issuer.read) <= 2
        if how != "away":  # then it is soon tried again
            world.now += 31
            assert await world.check(world.issuer.token()) == "asked"
            assert len(world.issuer.read) <= 2
        world.issuer = Issuer()
        world.keys._document = world.issuer.document
        world.now += 61
        assert await world.check(world.issuer.token()) == "uid-pod-7"

    asyncio.run(story())
