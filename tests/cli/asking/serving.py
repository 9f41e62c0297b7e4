"""The read API behind what plays an API server: it checks a token, keeps it, and passes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.read_api.serving import ADMIN, Asking, served

PROXY = "/api/v1/namespaces/{namespace}/services/{service}/proxy"
SERVICE = ("espalier-system", "https:espalier-read:8444")


def _status(code: int, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "message": message}, status=code)


def _missing(path: str) -> web.Response:
    plural, name = path.rsplit("/", 2)[1:]
    body = {"kind": "Status", "code": 404, "message": f"{plural} {name!r} not found"}
    return web.json_response(body | {"details": {"kind": plural, "name": name}}, status=404)


class ApiServer:
    """Passes requests on as the API server's service proxy does.

    Parameters
    ----------
    behind
        The read API.
    service
        Namespace and name of the one Service there is.
    objects
        Other objects that it has, by path; None is one that does not exist.
    """

    def __init__(
        self,
        behind: Asking,
        service: tuple[str, str] = SERVICE,
        objects: Mapping[str, Any] | None = None,
    ) -> None:
        self._behind, self._service, self._objects = behind, service, dict(objects or {})
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request."""
        self.asked.append(request.path_qs)
        if "Authorization" not in request.headers:
            return _status(401, "Unauthorized")
        if request.path in self._objects:
            found = self._objects[request.path]
            return _missing(request.path) if found is None else web.json_response(found)
        place = (request.match_info.get("namespace"), request.match_info.get("service"))
        if place[0] is None:
            return _status(404, "the server could not find the requested resource")
        if place != self._service:
            return _status(404, f"services {place[1]!r} not found")
        # The API server keeps the credentials that it has checked.
        headers = {k: v for k, v in request.headers.items() if k.lower().startswith("x-")}
        url = f"{self._behind.url}/{request.match_info['path']}"
        async with self._behind.session.get(url, params=request.query, headers=headers) as answer:
            return web.Response(
                body=await answer.read(), status=answer.status, content_type=answer.content_type
            )


def write_kubeconfig(path: Path, server: str, token: str | None = ADMIN, **context: str) -> Path:
    """Write a kubeconfig of one context."""
    user = {"token": token} if token else {}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", **context}}],
        "users": [{"name": "me", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


@asynccontextmanager
async def proxied(store: str, **options: Any) -> AsyncIterator[tuple[str, ApiServer]]:
    """Serve a store behind an API server; give its URL."""
    async with served(store) as behind:
        api = ApiServer(behind, **options)
        app = web.Application()
        app.router.add_get(f"{PROXY}/{{path:.*}}", api.answer)
        app.router.add_get("/{path:.*}", api.answer)
        async with TestServer(app) as server:
            yield f"http://{server.host}:{server.port}", api
