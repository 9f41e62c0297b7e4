"""A browser on this machine reads by a person's rights, and nobody else does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from espalier.errors import UsageError
from espalier.kube import Forwarding, ReadConnection, ReadService
from tests.cli.asking.serving import ApiServer, proxied, write_kubeconfig
from tests.read_api.serving import MEMBER
from tools.golden_store import fill

STUDY = "/v1/namespaces/research/studies/digits"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return asyncio.run(fill(tmp_path_factory.mktemp("store")))


@asynccontextmanager
async def forwarding(
    store: str, folder: Path, token: str = MEMBER
) -> AsyncIterator[tuple[Forwarding, str, ApiServer]]:
    async with proxied(store) as (url, api):
        config = write_kubeconfig(folder / "config", url, token)
        connecting = ReadConnection.inside(str(config), None, ReadService())
        async with await connecting as connection:
            server = Forwarding(connection)
            port = await server.start()
            try:
                yield server, f"http://127.0.0.1:{port}", api
            finally:
                await server.stop()


Ask = Callable[..., Awaitable[tuple[int, Any]]]


def browsed(
    store: str, folder: Path, story: Callable[[Forwarding, Ask, ApiServer], Awaitable[None]]
) -> None:
    async def go() -> None:
        async with forwarding(store, folder) as (server, url, api):
            jar = aiohttp.CookieJar(unsafe=True)  # it takes cookies of an address without a name
            async with aiohttp.ClientSession(cookie_jar=jar) as session:

                async def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, Any]:
                    where = path if path.startswith("http") else f"{url}{path}"
                    target = URL(where, encoded=True)
                    async with session.request(method, target, headers=headers) as answer:
                        return answer.status, await answer.text()

                await story(server, ask, api)

    asyncio.run(go())


def test_who_knows_the_secret_reads_what_the_person_may_see(store: str, tmp_path: Path) -> None:
    async def story(server: Forwarding, ask: Ask, api: ApiServer) -> None:
        status, body = await ask(server.address(STUDY))
        assert (status, '"digits"' in body) == (200, True)
        assert (await ask(f"{STUDY}/trials?state=Pruned"))[0] == 200
        assert api.asked[-1].endswith("trials?state=Pruned")
        status, body = await ask("/v1/namespaces/elsewhere/studies/digits")
        assert (status, "may not get" in body) == (403, True)
        status, body = await ask("/v1/namespaces/research/studies/nosuch")
        assert (status, "nothing is stored" in body) == (404, True)

    browsed(store, tmp_path, story)


def test_nobody_else_reads_anything(store: str, tmp_path: Path) -> None:
    async def story(server: Forwarding, ask: Ask, api: ApiServer) -> None:
        assert (await ask(STUDY))[0] == 403
        assert (await ask(f"/enter/{'x' * 43}{STUDY}"))[0] == 403
        assert (await ask(STUDY, Cookie="espalier_ui=x"))[0] == 403
        assert (await ask(STUDY, Authorization=f"Bearer {MEMBER}"))[0] == 403
        assert api.asked == []
        await ask(server.address(STUDY))
        asked = list(api.asked)
        assert (await ask(STUDY, Host="rebound.example.org"))[0] == 403
        assert (await ask(server.address(STUDY), Host="rebound.example.org"))[0] == 403
        assert (await ask(STUDY, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
        for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
            assert (await ask(STUDY, method))[0] == 405
        assert api.asked == asked

    browsed(store, tmp_path, story)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/secrets",
        "/v1/../../../../../../../../api/v1/secrets",
        "/v1/%2e%2e/%2e%2e/%2e%2e/api/v1/secrets",
        "/v1/..%2f..%2f..%2fapi",
        "/v1/..%5c..",
        "//api/v1",
        "/v1/./x/..",
    ],
)
def test_no_path_leads_out_of_the_read_api(path: str, store: str, tmp_path: Path) -> None:
    async def story(server: Forwarding, ask: Ask, api: ApiServer) -> None:
        await ask(server.address(STUDY))
        asked = list(api.asked)
        await ask(path)
        assert all("/proxy/" in each for each in api.asked[len(asked) :])
        assert not any("/secrets" in each for each in api.asked)

    browsed(store, tmp_path, story)


@given(st.lists(st.sampled_from(["v1", "..", ".", "%2e", "%2E%2e", "%2f", "", "a", "?", "%5c"])))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_asked_stays_below_the_proxy(
    store: str, tmp_path: Path, parts: list[str]
) -> None:
    async def story(server: Forwarding, ask: Ask, api: ApiServer) -> None:
        await ask(server.address(STUDY))
        await ask("/" + "/".join(parts))
        assert all("/https:espalier-read:8444/proxy/" in each for each in api.asked)

    browsed(store, tmp_path, story)


def test_it_listens_on_this_machine_alone_and_says_where_a_port_is_taken(
    store: str, tmp_path: Path
) -> None:
    async def go() -> None:
        async with forwarding(store, tmp_path) as (server, url, _):
            port = int(url.rpartition(":")[2])
            with pytest.raises(OSError, match=r".*"), socket.create_connection(("::1", port), 1):
                pass
            with pytest.raises(UsageError, match="--port"):
                await Forwarding(server._connection).start(port)

    asyncio.run(go())
