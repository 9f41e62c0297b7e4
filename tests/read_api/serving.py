"""A read API over a store, asked as people ask it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from espalier.read_api.callers import Caller, Callers, Reviewer
from espalier.read_api.known_studies import KnownStudies
from espalier.read_api.server import ReadApi
from espalier.store.sqlite.beside import StoreBeside

ADMIN, MEMBER = "admins-token", "members-token"
Statuses = Mapping[tuple[str, str], Mapping[str, Any]]


class People:
    """An authority that knows two people: one may see all, one what lies in `research`."""

    async def caller(self, token: str) -> Caller | None:
        """Return whose token it is."""
        return {ADMIN: Caller("admin"), MEMBER: Caller("member")}.get(token)

    async def allowed(self, caller: Caller, verb: str, namespace: str, name: str) -> bool:
        """Return whether somebody may see it."""
        return caller.user == "admin" or namespace == "research"


class Crowd(People):
    """As many people as there are tokens, each named as his token is."""

    async def caller(self, token: str) -> Caller | None:
        """Return whose token it is."""
        return Caller(token)


class Clock:
    """Seconds that go on, and can be put ahead."""

    ahead = 0.0

    def __call__(self) -> float:
        """Return them."""
        return time.monotonic() + self.ahead


class Asking:
    """Asks a read API."""

    def __init__(self, session: aiohttp.ClientSession, url: str, clock: Clock) -> None:
        self.session, self.url, self._clock = session, url, clock

    def forget(self) -> None:
        """Let so much time pass that no answer of the cluster's is believed any more."""
        self._clock.ahead += 3600.0

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
    async def events(
        self, path: str, token: str = ADMIN, **headers: str
    ) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
        """Open a stream of events; yields them one after the other, signs of life as ``{}``."""
        headers["Authorization"] = f"Bearer {token}"
        async with self.session.get(f"{self.url}{path}", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.content_type == "text/event-stream"
            yield _events(answer.content)


async def _events(content: aiohttp.StreamReader) -> AsyncIterator[dict[str, str]]:
    event: dict[str, str] = {}
    async for line in content:
        text = line.decode().rstrip("\n")
        if text.startswith("retry:"):
            await content.readline()
        elif text.startswith(":"):
            yield {}
        elif text:
            key, _, value = text.partition(": ")
            event[key] = value
        elif event:
            yield event
            event = {}


@asynccontextmanager
async def served(
    url: str,
    statuses: Statuses | None = None,
    authority: Reviewer | None = None,
    **seconds: float,
) -> AsyncIterator[Asking]:
    """Serve a store; `statuses` has Studies as the cluster has them, by namespace and name."""

    async def look(namespace: str, name: str) -> Mapping[str, Any] | None:
        return (statuses or {}).get((namespace, name))

    async def list_all() -> list[Mapping[str, Any]]:
        return list((statuses or {}).values())

    clock = Clock()
    callers = Callers(authority or People(), clock)
    api = ReadApi(KnownStudies(StoreBeside(url)), callers, look, list_all, **seconds)
    port = await api.start("127.0.0.1", 0, None)
    try:
        connector = aiohttp.TCPConnector(limit=0)  # as many as there are people
        async with aiohttp.ClientSession(connector=connector) as session:
            yield Asking(session, f"http://127.0.0.1:{port}", clock)
    finally:
        await api.stop()
