"""A read API over a store, asked as people ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from espalier.read_api.callers import Caller, Callers
from espalier.read_api.known_studies import KnownStudies
from espalier.read_api.server import ReadApi
from espalier.store.sqlite.beside import StoreBeside

ADMIN, MEMBER = "admins-token", "members-token"


class People:
    """An authority that knows two people: one may see all, one what lies in `research`."""

    async def caller(self, token: str) -> Caller | None:
        """Return whose token it is."""
        return {ADMIN: Caller("admin"), MEMBER: Caller("member")}.get(token)

    async def allowed(self, caller: Caller, verb: str, namespace: str, name: str) -> bool:
        """Return whether somebody may see it."""
        return caller.user == "admin" or namespace == "research"


class Asking:
    """Asks a read API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url

    async def get(
        self, path: str, token: str | None = ADMIN, **headers: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Return status, body and headers of an answer."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self.session.get(f"{self.url}{path}", headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            body = await answer.json() if is_json else await answer.text()
            return answer.status, body, answer.headers


@asynccontextmanager
async def served(
    url: str, statuses: Mapping[tuple[str, str], Mapping[str, Any]] | None = None
) -> AsyncIterator[Asking]:
    """Serve a store; `statuses` has Studies as the cluster has them, by namespace and name."""

    async def look(namespace: str, name: str) -> Mapping[str, Any] | None:
        return (statuses or {}).get((namespace, name))

    api = ReadApi(KnownStudies(StoreBeside(url)), Callers(People()), look)
    port = await api.start("127.0.0.1", 0, None)
    try:
        async with aiohttp.ClientSession() as session:
            yield Asking(session, f"http://127.0.0.1:{port}")
    finally:
        await api.stop()
