"""Who reads what of the read API is what a real API server says: its tokens, certificates, rights.

The reader is the whole process, with the chart's own rights. There is no node: the Service that the
API server's proxy is asked for leads to the test itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from espalier.kube.access import AUDIENCE
from espalier.process.reader import ReaderOptions, ReaderProcess
from espalier.store import open_store
from tests.integration.api_server import api_server
from tests.integration.policies import RELEASE, Guarded, guarded
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.store.storing import judged_by, url_of, values

SERVICE = f"{RELEASE}-espalier-read"
PORT = 8444
INGEST_AUDIENCE = "espalier-ingest"


@pytest.fixture(scope="module")
def guard(control_plane: Path) -> Iterator[Guarded]:
    with api_server(control_plane), guarded(control_plane) as made:
        server, account = made.server, f"system:serviceaccount:{made.own}:member"
        server.must("create", "serviceaccount", "member", "-n", made.own)
        view = f"--clusterrole={RELEASE}-espalier-view"
        who = f"--serviceaccount={made.own}:member"
        server.must("create", "rolebinding", "member", view, who, "-n", made.own)
        can = ("auth", "can-i", "get", "studies.espalier.dev", f"--as={account}", "-n", made.own)
        deadline = time.monotonic() + PATIENCE
        while server.kubectl(*can).returncode:
            assert time.monotonic() < deadline
        yield made


def token_of(guard: Guarded, audience: str = "") -> str:
    options = [f"--audience={audience}"] if audience else []
    return guard.server.must("create", "token", "member", "-n", guard.own, *options).strip()


@dataclass(frozen=True)
class Reading:
    """A reader that runs, asked over TLS."""

    session: aiohttp.ClientSession
    url: str
    port: int

    async def status(self, path: str, **headers: str) -> tuple[int, Any]:
        """Return status and body of an answer."""
        url = path if path.startswith("https:") else self.url + path
        async with self.session.get(url, headers=headers) as answer:
            text = await answer.text()
            with contextlib.suppress(ValueError):
                return answer.status, json.loads(text)
            return answer.status, text


@asynccontextmanager
async def reading(guard: Guarded, folder: Path) -> AsyncIterator[Reading]:
    """Run the reader over a store with a study in each of two namespaces."""
    store = await open_store(url_of(folder))
    for uid, namespace in (("uid-1", guard.own), ("uid-2", guard.other)):
        row = await store.open_study(uid, namespace, "study", judged_by(uid), at=1.0, version="1")
        await store.commit(values(row.id, 0, 1, 2, 3))
    kubeconfig = await asyncio.to_thread(lambda: guard.as_operator(folder).kubeconfig)
    options = ReaderOptions(
        str(kubeconfig), guard.system, "", url_of(folder), free_port(), "https://localhost:8444",
        certificates=True,
    )  # fmt: skip
    process = ReaderProcess(options)
    running = asyncio.create_task(process.run())
    try:
        while process.port is None:
            assert not running.done(), running.exception()
            await asyncio.sleep(0.02)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
            yield Reading(session, f"https://127.0.0.1:{process.port}", process.port)
    finally:
        process.stop()
        await running
        await store.close()


def scenario(guard: Guarded, folder: Path, work: Callable[[Reading], Awaitable[None]]) -> None:
    async def run() -> None:
        async with reading(guard, folder) as read:
            await work(read)

    asyncio.run(asyncio.wait_for(run(), PATIENCE))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def study_in(namespace: str) -> str:
    return f"/v1/namespaces/{namespace}/studies/study"


def test_a_member_of_a_namespace_reads_his_own_and_is_refused_anothers(
    guard: Guarded, tmp_path: Path
) -> None:
    token = bearer(token_of(guard))

    async def work(read: Reading) -> None:
        status, body = await read.status(f"{study_in(guard.own)}/trials/0/values", **token)
        assert (status, body["total"]) == (200, 3)
        for path in ("", "/trials", "/log", "/events", "/no-such-question"):
            status, body = await read.status(study_in(guard.other) + path, **token)
            assert (status, body["error"]["code"]) == (403, "Forbidden"), path
        status, body = await read.status(f"/v1/studies?namespace={guard.own}", **token)
        assert [row["uid"] for row in body["items"]] == ["uid-1"]
        status, body = await read.status("/v1/studies", **token)
        assert [row["uid"] for row in body["items"]] == ["uid-1"]
        status, body = await read.status(f"/v1/studies?namespace={guard.other}", **token)
        assert (status, body["items"]) == (200, [])

    scenario(guard, tmp_path, work)


def test_a_token_of_another_audience_is_nobodys_and_one_of_ours_is_good_here_alone(
    guard: Guarded, tmp_path: Path
) -> None:
    ours, ingest = token_of(guard, AUDIENCE), token_of(guard, INGEST_AUDIENCE)
    forged = ours[:-8] + "AAAAAAAA"

    async def work(read: Reading) -> None:
        path = study_in(guard.own)
        assert (await read.status(path, **bearer(ours)))[0] == 200
        for token in (ingest, forged, token_of(guard, "somebody-elses"), "x.y.z"):
            status, body = await read.status(path, **bearer(token))
            assert (status, body["error"]["code"]) == (401, "Unauthenticated")
        assert (await read.status(path))[0] == 401

    scenario(guard, tmp_path, work)
    # Who receives it cannot use it against the cluster.
    refused = guard.server.kubectl("auth", "whoami", f"--token={ours}", "--kubeconfig=/dev/null",
        f"--server={address_of(guard)}", "--insecure-skip-tls-verify")  # fmt: skip
    assert refused.returncode != 0
    assert "Unauthorized" in refused.stderr or "logged in" in refused.stderr, refused.stderr


def test_the_way_through_the_api_servers_proxy_needs_the_token_in_a_header_of_its_own(
    guard: Guarded, tmp_path: Path
) -> None:
    token = bearer(token_of(guard))
    proxy = f"{address_of(guard)}/api/v1/namespaces/{guard.system}/services"
    here = f"{proxy}/https:{SERVICE}:{PORT}/proxy"
    also = {"X-Espalier-Authorization": token["Authorization"]}

    async def work(read: Reading) -> None:
        await asyncio.to_thread(lead_to, guard, read.port)
        await eventually(lambda: read.status(f"{here}/healthz", **token), 200)
        status, body = await read.status(here + study_in(guard.own), **token)
        assert (status, body["error"]["code"]) == (401, "Unauthenticated"), "it was kept back"
        status, body = await read.status(here + study_in(guard.own), **token, **also)
        assert (status, body["uid"]) == (200, "uid-1")
        status, body = await read.status(here + study_in(guard.other), **token, **also)
        assert status == 403
        events = f"{here}{study_in(guard.own)}/events"
        async with read.session.get(events, headers={**token, **also}) as stream:
            assert stream.status == 200
            lines = [line async for line in first_lines(stream.content)]
        assert any(line.startswith("event: change") for line in lines)
        for other in (f"https:{RELEASE}-espalier:8443", f"{SERVICE}:{PORT}", f"https:{SERVICE}:1"):
            assert (await read.status(f"{proxy}/{other}/proxy/", **token))[0] == 403, other

    scenario(guard, tmp_path, work)


def test_a_certificate_of_the_clusters_says_who_somebody_is(guard: Guarded, tmp_path: Path) -> None:
    config = json.loads(guard.server.must("config", "view", "--raw", "--flatten", "-o", "json"))
    user = config["users"][0]["user"]
    if "client-certificate-data" not in user:
        pytest.fail("expected a cluster of tools.cluster, whose administrator has a certificate")
    pem = tmp_path / "admin.pem"
    parts = ("client-certificate-data", "client-key-data")
    pem.write_bytes(b"".join(base64.b64decode(user[part]) for part in parts))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(pem)

    async def work(read: Reading) -> None:
        async def asked() -> tuple[int, Any]:
            connector = aiohttp.TCPConnector(ssl=context, force_close=True)
            async with aiohttp.ClientSession(connector=connector) as session:
                with_it = Reading(session, read.url, read.port)
                return await with_it.status(study_in(guard.other))

        await eventually(asked, 200)
        assert (await read.status(study_in(guard.other)))[0] == 401, "not without it"

    scenario(guard, tmp_path, work)


def address_of(guard: Guarded) -> str:
    config = json.loads(guard.server.must("config", "view", "-o", "json"))
    return str(config["clusters"][0]["cluster"]["server"])


async def first_lines(content: aiohttp.StreamReader) -> AsyncIterator[str]:
    async for line in content:
        text = line.decode()
        yield text
        if text.startswith("data:"):
            return


async def eventually(ask: Callable[[], Awaitable[tuple[int, Any]]], status: int) -> None:
    deadline = time.monotonic() + PATIENCE / 20
    while (found := await ask())[0] != status:
        assert time.monotonic() < deadline, json.dumps(found)
        await asyncio.sleep(0.1)


def lead_to(guard: Guarded, port: int) -> None:
    """Have the Service lead to a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))  # nothing is sent: it tells our own address
        address = probe.getsockname()[0]
    meta = {"name": SERVICE, "namespace": guard.system}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {
            "containers": [{"name": "reader", "image": "none"}],
            "automountServiceAccountToken": False,
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"ports": [{"name": "read", "port": PORT, "targetPort": port}]},
    }
    server, where = guard.server, ("-n", guard.system)
    deadline = time.monotonic() + PATIENCE
    while server.get("serviceaccount", "default", *where) is None:
        assert time.monotonic() < deadline
    server.must("apply", "-f", "-", stdin=[pod, service])
    # The API server leads to addresses of pods alone.
    status = json.dumps({"status": {"podIP": address, "podIPs": [{"ip": address}]}})
    patch = ("patch", "pod", SERVICE, "--subresource=status", "--type=merge", f"-p={status}")
    server.must(*patch, *where)
    target = {"kind": "Pod", **meta}
    endpoints = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": meta,
        "subsets": [
            {
                "addresses": [{"ip": address, "targetRef": target}],
                "ports": [{"name": "read", "port": port, "protocol": "TCP"}],
            }
        ],
    }
    server.must("apply", "-f", "-", stdin=endpoints)
