"""The reader as one process: what it asks the cluster, and that it waits for a store."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from espalier.cli.serve import command
from espalier.kube import Cluster
from espalier.process.reader import ClusterAuthority, ReaderOptions, ReaderProcess
from espalier.read_api.callers import Caller
from tests.chart.rendering import SYSTEM, of_kind, render
from tests.kube.answering import answering
from tests.ports import free_port


async def vouch(request: web.Request) -> web.Response:
    """Be an API server that knows one person, who may see all."""
    if request.path.endswith("tokenreviews"):
        extra = {"b": ["2"], "a": ["1"]}
        user = {"username": "ada", "groups": ["team"], "uid": "7", "extra": extra}
        return web.json_response({"status": {"authenticated": True, "user": user}})
    if request.path.endswith("subjectaccessreviews"):
        return web.json_response({"status": {"allowed": True}})
    status = {"kind": "Status", "status": "Failure", "code": 404, "message": "not found"}
    return web.json_response(status, status=404)


def test_a_caller_is_all_that_the_cluster_says_of_him() -> None:
    async def story() -> Caller | None:
        async with answering(vouch) as cluster:
            return await ClusterAuthority(cluster).caller("a.b.c")

    extra = (("a", ("1",)), ("b", ("2",)))
    assert asyncio.run(story()) == Caller("ada", ("team",), "7", extra)


def test_it_lives_before_there_is_a_store_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> list[tuple[int, Any]]:
        async with answering(vouch) as cluster:

            async def connect(*_: object, **__: object) -> Cluster:
                return cluster

            monkeypatch.setattr(Cluster, "connect", connect)
            url, port = f"sqlite:///{tmp_path}/none.db", free_port()
            process = ReaderProcess(
                ReaderOptions(None, SYSTEM, "", url, port, "https://localhost:8444")
            )
            running = asyncio.create_task(process.run())
            while process.port is None:
                assert not running.done(), running.exception()
                await asyncio.sleep(0.01)
            found: list[tuple[int, Any]] = []
            connector = aiohttp.TCPConnector(ssl=False)
            async with aiohttp.ClientSession(connector=connector) as session:
                for path in ("/healthz", "/v1/studies", "/v1/namespaces/a/studies/b"):
                    headers = {"Authorization": "Bearer a.b.c"}
                    where = f"https://127.0.0.1:{port}{path}"
                    async with session.get(where, headers=headers) as answer:
                        found.append((answer.status, await answer.text()))
            process.stop()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            return found

    living, listed, one = asyncio.run(story())
    assert living == (200, "ok\n")
    for status, text in (listed, one):
        assert status == 503
        assert "there is no store" in text


def test_it_understands_every_variable_that_the_chart_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """`espalier serve` reads them itself here, and each one ends up in a flag."""
    deployment = of_kind(render(), "Deployment")["espalier"]
    (reader,) = [
        each
        for each in deployment["spec"]["template"]["spec"]["containers"]
        if each["name"] == "reader"
    ]
    given = {each["name"]: each.get("value", SYSTEM) for each in reader["env"]}
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    context = command.make_context("serve", [])
    read = [
        p.name
        for p in command.params
        if p.name and getattr(context.get_parameter_source(p.name), "name", "") == "ENVIRONMENT"
    ]
    # An empty variable is as good as none.
    assert len(read) == len([text for text in given.values() if text])
    assert context.params["certificates"] is True
    assert context.params["read_port"] == 8444
