"""A server on this machine that passes a browser's questions on to the read API.

It has the person's credentials, which the browser has not. So it listens on the loopback alone,
and answers who has come through its secret address once, by a cookie: no other page, process of
another person, or name that was made to point here.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import unquote

from aiohttp import web

from espalier.errors import RetryLater, UsageError
from espalier.kube.read_answers import NotGiven
from espalier.kube.read_connection import ReadConnection

_COOKIE = "espalier_ui"
_PASSED = ("If-None-Match", "Accept", "Last-Event-ID")
"""What of a request is passed on; what the browser has of others is none of the cluster's."""
_KEPT = (
    *("Content-Type", "ETag", "Cache-Control", "Content-Security-Policy", "Retry-After"),
    *("X-Content-Type-Options", "Referrer-Policy", "X-Accel-Buffering"),
)
_PATHS = ("", "v1", "studies", "page")
"""What paths may begin with: nothing else is the read API's."""


class Forwarding:
    """The server.

    Parameters
    ----------
    connection
        The way to the read API.

    Attributes
    ----------
    secret : str
        Who knows it is let in.
    """

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection
        self.secret = secrets.token_urlsafe(32)
        self._port = 0
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1, on a free port if it is 0; return the port.

        Raises
        ------
        UsageError
            If the port is taken.
        """
        app = web.Application()
        app.router.add_get("/enter/{secret}/{path:.*}", self._enter, allow_head=False)
        app.router.add_get("/{path:.*}", self._pass, allow_head=False)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", port).start()
        except OSError as error:
            raise UsageError("--port", f"{error.strerror}; give another one") from error
        self._port = int(self._runner.addresses[0][1])
        return self._port

    async def stop(self) -> None:
        """Close."""
        if self._runner is not None:
            await self._runner.cleanup()

    def address(self, path: str) -> str:
        """Return where a browser begins: it has the secret, so tell it nobody else."""
        return f"http://127.0.0.1:{self._port}/enter/{self.secret}{path}"

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Let in who has the secret, and lead on to an address without it."""
        self._check_host(request)
        if not self._is_secret(request.match_info["secret"]):
            raise web.HTTPForbidden(text="This address is not the one that was printed.\n")
        query = f"?{request.query_string}" if request.query_string else ""
        found = web.HTTPSeeOther(f"/{request.match_info['path']}{query}")
        found.set_cookie(_COOKIE, self.secret, httponly=True, samesite="Strict", path="/")
        found.headers["Referrer-Policy"] = "no-referrer"
        raise found

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        self._check_host(request)
        if not self._is_secret(request.cookies.get(_COOKIE, "")):
            raise web.HTTPForbidden(text="Open the address that `espalier ui` printed.\n")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise web.HTTPForbidden(text="Another page asks for this.\n")
        path, query = _checked(request.raw_path.partition("?")[0]), request.query.items()
        passed = {name: request.headers[name] for name in _PASSED if name in request.headers}
        try:
            async with self._connection.opened(path, query, passed) as answer:
                kept = _kept(answer.headers)
                found = web.StreamResponse(status=answer.status, headers=kept)
                await found.prepare(request)
                async for chunk in answer.content.iter_any():
                    await found.write(chunk)
                await found.write_eof()
                return found
        except NotGiven as error:
            return _said(error.status, "NotGiven", error.message)
        except UsageError as error:
            return _said(502, "NotReached", error.message)
        except RetryLater as error:
            return _said(503, "RetryLater", error.message)

    def _check_host(self, request: web.Request) -> None:
        """Refuse a name that somebody made to point here: a browser says which one it asked."""
        hosts = (f"127.0.0.1:{self._port}", f"localhost:{self._port}")
        if request.headers.get("Host", "") not in hosts:
            raise web.HTTPForbidden(text="This is asked by its address alone.\n")

    def _is_secret(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.secret.encode())


def _checked(path: str) -> str:
    """Return a path below the read API's; one that leads out of it would reach the cluster."""
    parts = [unquote(part) for part in path.split("/")[1:]]
    if parts[0] not in _PATHS or any(
        part in (".", "..") or "/" in part or "\\" in part for part in parts
    ):
        raise web.HTTPNotFound(text="There is nothing here.\n")
    return path


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _KEPT if name in headers}


def _said(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
