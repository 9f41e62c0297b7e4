"""Requests and watches of an API server as one of its users, as plain dicts."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

MERGE = "application/merge-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""Asks for the metadata alone: what a thousand pods say is long."""
_AGAIN = 0.2
"""Seconds until a watch that has ended begins anew."""


@dataclass(frozen=True)
class Access:
    """Where an API server is, and the files by which one is its user."""

    server: str
    ca: str
    certificate: str
    key: str


class RequestFailed(Exception):
    """An answer that is none of the expected ones."""

    def __init__(self, what: str, status: int, text: str) -> None:
        super().__init__(f"{what}: {status} {text[:300]}")
        self.status = status


class Api:
    """One user's connections to an API server."""

    def __init__(self, access: Access) -> None:
        self._server = access.server
        self._trust = ssl.create_default_context(cafile=access.ca)
        self._trust.load_cert_chain(access.certificate, access.key)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._trust, limit=64)
        self._http = aiohttp.ClientSession(connector=connector, read_bufsize=2**20)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        content: str = "application/json",
        expected: tuple[int, ...] = (200, 201, 202),
    ) -> dict[str, Any]:
        """Return the answer to a request.

        Raises
        ------
        RequestFailed
            If it is none of the expected ones.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content}
        async with self._http.request(
            method, self._server + path, data=data, headers=headers
        ) as got:
            text = await got.text()
            if got.status not in expected:
                raise RequestFailed(f"{method} {path}", got.status, text)
            return json.loads(text) if text else {}

    async def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Merge a patch into an object."""
        return await self.ask("PATCH", path, body, content=MERGE)

    async def text(self, path: str) -> str:
        """Return a document that is not JSON."""
        async with self._http.get(self._server + path) as got:
            return await got.text()

    async def watch(self, path: str, query: Mapping[str, str]) -> AsyncIterator[tuple[str, Any]]:
        """Yield type and metadata of all that is there, and then of each change, without end.

        Where the API server ends the watch, as it does of one that takes events in too slowly, it
        begins anew: what is there is told again, and what was deleted meanwhile is missed.
        """
        while True:
            async for type_, meta in self._watched(path, query):
                yield type_, meta
            await asyncio.sleep(_AGAIN)

    async def _watched(self, path: str, query: Mapping[str, str]) -> AsyncIterator[tuple[str, Any]]:
        timeout = aiohttp.ClientTimeout(total=None, sock_read=None)
        async with self._http.get(
            self._server + path,
            params={**query, "watch": "1", "timeoutSeconds": "7200"},
            headers={"Accept": METADATA},
            timeout=timeout,
        ) as got:
            async for line in got.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event["type"], event["object"]["metadata"]
