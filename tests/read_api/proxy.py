"""A proxy as companies have them before their services: it logs people in, and adds a prefix."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are not of one connection alone."""
    return {
        name: value for name, value in headers.items() if name.lower() not in _OF_THE_CONNECTION
    }


@asynccontextmanager
async def behind_proxy(url: str, prefix: str, token: str) -> AsyncIterator[str]:
    """Pass on what is asked below a prefix, without it and with the token of who is logged in.

    Yields
    ------
    str
        The address that people have; what lies beside the prefix is none of ours there.
    """

    async def pass_on(request: web.Request) -> web.StreamResponse:
        headers = {**_passed(request.headers), "Authorization": f"Bearer {token}"}
        rest = request.raw_path.removeprefix(prefix)
        async with session.request(request.method, f"{url}{rest}", headers=headers) as answer:
            passed = web.StreamResponse(status=answer.status, headers=_passed(answer.headers))
            with contextlib.suppress(ConnectionError):  # whoever asked has left
                await passed.prepare(request)
                async for chunk in answer.content.iter_any():
                    await passed.write(chunk)
            return passed

    app = web.Application()
    app.router.add_route("GET", f"{prefix}/{{rest:.*}}", pass_on)
    runner = web.AppRunner(app, shutdown_timeout=0.0)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}{prefix}"
        finally:
            await runner.cleanup()
