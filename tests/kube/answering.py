"""A real HTTP server that answers as a test says, in the place of an API server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio import client

from espalier.kube import Cluster

Answer = Callable[[web.Request], web.StreamResponse | Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(answer: Answer, **options) -> AsyncIterator[Cluster]:
    """Connect a cluster to a server that gives this answer to every request."""

    async def handle(request: web.Request) -> web.StreamResponse:
        given = answer(request)
        return await given if isinstance(given, Awaitable) else given

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(app) as server:
        settings = client.Configuration()
        settings.host = f"http://{server.host}:{server.port}"
        settings.retries = None
        async with Cluster(client.ApiClient(configuration=settings), **options) as cluster:
            yield cluster
