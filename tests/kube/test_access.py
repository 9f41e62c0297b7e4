"""Whose a token is and what somebody may do is what the API server says, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from aiohttp import web

from espalier.errors import RetryLater
from espalier.kube.access import AUDIENCE, allowed, client_authorities, user_of
from tests.kube.answering import answering

USER = {"username": "ada", "groups": ["team"]}


def token_for(*audiences: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"aud": list(audiences)}).encode()).decode()
    return f"e30.{claims.rstrip('=')}.c2ln"


def reviewed(token: str, status: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return whose a token is where the API server says this, and what it was asked."""
    asked: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(await request.json())
        return web.json_response({"status": status})

    async def story() -> Any:
        async with answering(answer) as cluster:
            return await user_of(cluster, token)

    return asyncio.run(story()), asked[0]["spec"]


def test_a_token_is_held_to_the_api_servers_own_audience_or_to_ours() -> None:
    status = {"authenticated": True, "user": USER, "audiences": ["https://kubernetes"]}
    for token in (token_for("https://kubernetes"), token_for("espalier-ingest"), "opaque", "a.b.c"):
        found, spec = reviewed(token, status)
        assert found == USER
        assert spec == {"token": token}, "the API server holds it to its own audience"
    ours = token_for("https://kubernetes", AUDIENCE)
    found, spec = reviewed(ours, {**status, "audiences": [AUDIENCE]})
    assert (found, spec["audiences"]) == (USER, [AUDIENCE])


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"authenticated": False, "user": USER},
        {"authenticated": "true", "user": USER},
        {"authenticated": True},
        {"authenticated": True, "user": {"username": ""}},
        {"error": "invalid bearer token"},
    ],
)
def test_whom_nobody_vouches_for_is_nobody(status: dict[str, Any]) -> None:
    assert reviewed("a.b.c", status)[0] is None


def test_an_authenticator_that_knows_no_audiences_vouches_for_none() -> None:
    for audiences in ([], None, ["other"]):
        status = {"authenticated": True, "user": USER, "audiences": audiences}
        assert reviewed(token_for(AUDIENCE), status)[0] is None


@pytest.mark.parametrize("body", [b"{}", b'{"status": []}', b'{"status": "ok"}'])
def test_what_is_no_review_says_nothing_of_anybody(body: bytes) -> None:
    async def story() -> None:
        async with answering(lambda _: web.Response(body=body)) as cluster:
            with pytest.raises(RetryLater):
                await user_of(cluster, "a.b.c")
            with pytest.raises(RetryLater):
                await allowed(cluster, "ada", (), "", {}, verb="get", namespace="a", name="b")

    asyncio.run(story())


def test_a_right_is_asked_for_one_study_or_for_all() -> None:
    asked: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((await request.json())["spec"])
        return web.json_response({"status": {"allowed": len(asked) == 1}})

    async def story() -> list[bool]:
        async with answering(answer) as cluster:
            extra = {"scopes": ("a",)}
            return [
                await allowed(cluster, "ada", ("t",), "u", extra, verb=verb, namespace=n, name=m)
                for verb, n, m in (("get", "team", "digits"), ("list", "", ""))
            ]

    assert asyncio.run(story()) == [True, False]
    one, all_of_them = asked
    assert one["resourceAttributes"] == {
        "group": "espalier.dev",
        "resource": "studies",
        "verb": "get",
        "namespace": "team",
        "name": "digits",
    }
    assert (one["user"], one["groups"], one["extra"]) == ("ada", ["t"], {"scopes": ["a"]})
    assert all_of_them["resourceAttributes"].keys() == {"group", "resource", "verb"}


def test_where_the_authorities_may_not_be_read_no_certificate_is_taken() -> None:
    async def story(response: web.Response) -> str | None:
        async with answering(lambda _: response) as cluster:
            return await client_authorities(cluster)

    refused = web.json_response({"kind": "Status", "message": "forbidden"}, status=403)
    assert asyncio.run(story(refused)) is None
    meta = {"name": "x", "uid": "u", "resourceVersion": "1"}
    found = web.json_response({"metadata": meta, "data": {"client-ca-file": "PEM"}})
    assert asyncio.run(story(found)) == "PEM"
