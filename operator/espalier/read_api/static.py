"""The page of a study: static files, the same for everybody, which ask the read API themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from aiohttp import web

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Nothing is loaded from elsewhere, nothing runs that lies in no file, nobody frames the page."""
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page_routes() -> list[web.RouteDef]:
    """Return the routes of the page: of its list of studies, of a study, and of its files."""
    contents = _contents()
    return [
        web.get("/", _served("index.html", contents)),
        web.get("/studies/{namespace}/{name}", _served("study.html", contents)),
        *(web.get(f"/page/{name}", _served(name, contents)) for name in sorted(contents)),
    ]


def _contents() -> Mapping[str, bytes]:
    """Return the files by name: they are few, and lie in memory."""
    folder = files("espalier.read_api") / "page"
    found = {each.name: each for each in folder.iterdir() if _suffix(each.name) in _TYPES}
    return {name: each.read_bytes() for name, each in found.items()}


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


def _served(name: str, contents: Mapping[str, bytes]) -> Handler:
    body = contents[name]
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag}
    kind = _TYPES[_suffix(name)]

    async def serve(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

    return serve
