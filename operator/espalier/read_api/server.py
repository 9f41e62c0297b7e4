"""The HTTPS server of the read API."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aiohttp import web

from espalier.errors import RetryLater, UsageError
from espalier.read_api.callers import Callers, Forbidden, Unauthenticated
from espalier.read_api.known_studies import KnownStudies
from espalier.read_api.static import page_routes
from espalier.study_log.log import StudyRow
from espalier.views.plain import View
from espalier.views.query import Query
from espalier.views.questions import Unknown, answer

_LOG = logging.getLogger(__name__)
_STUDY = "/v1/namespaces/{namespace}/studies/{name}"
_T = TypeVar("_T")
Object = Mapping[str, Any]
Look = Callable[[str, str], Awaitable[Object | None]]
"""Returns a Study as the cluster has it, None where there is none."""


class ReadApi:
    """Answers questions about studies.

    Parameters
    ----------
    studies
        What is known of them.
    callers
        Who may see what.
    look
        Looks a Study up in the cluster.
    """

    def __init__(self, studies: KnownStudies, callers: Callers, look: Look) -> None:
        self._studies = studies
        self._callers = callers
        self._look = look
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._runner: web.AppRunner | None = None

    async def start(self, host: str | None, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen, on all addresses if `host` is None; return the port."""
        app = web.Application(middlewares=[_errors])
        app.add_routes(page_routes())
        app.add_routes([web.get("/v1/studies", self._list), web.get(_STUDY, self._about)])
        app.add_routes([web.get(f"{_STUDY}/{{question:.+}}", self._about)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Answer what has come, and close."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._threads.shutdown(wait=False)

    # -- questions ----------------------------------------------------------------------------

    async def _list(self, request: web.Request) -> web.Response:
        caller = await self._callers.identify(request.headers)
        query = Query(request.query)
        namespace = query.text("namespace")
        rows = await self._run(self._studies.store.studies)
        rows = [row for row in rows if namespace in ("", row.namespace)]
        everywhere = await self._callers.may(caller, "list")
        seen = [
            row
            for row in rows
            if everywhere or await self._callers.may(caller, "list", row.namespace)
        ]
        items = [{"namespace": row.namespace, "name": row.name, "uid": row.uid} for row in seen]
        return _json(query.page(items))

    async def _about(self, request: web.Request) -> web.Response:
        """Answer a question about one study, to whoever may see it."""
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        caller = await self._callers.identify(request.headers)
        await self._callers.check(caller, namespace, name)
        row = await self._run(lambda: self._studies.store.find(namespace, name))
        if row is None:
            raise Unknown("", f"nothing is stored of a study {namespace}/{name}")
        study = await self._look(namespace, name)
        question, query = request.match_info.get("question", ""), Query(request.query)
        return _json(await self._run(lambda: self._answer(row, study, question, query)))

    def _answer(self, row: StudyRow, study: Object | None, question: str, query: Query) -> View:
        with self._studies.study(row) as gathered:
            return answer(gathered, study, question, query)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """End what a question raises in an answer."""
    try:
        return await handler(request)
    except Unauthenticated as error:
        return _error(401, "Unauthenticated", str(error), {"WWW-Authenticate": "Bearer"})
    except Forbidden as error:
        return _error(403, "Forbidden", str(error))
    except Unknown as error:
        return _error(404, "NotFound", str(error))
    except UsageError as error:
        return _error(400, "BadRequest", str(error))
    except RetryLater as error:
        return _error(503, "RetryLater", error.message, {"Retry-After": "2"})
    except web.HTTPException as error:
        return _error(
            error.status, "NotFound" if error.status == 404 else "Error", error.text or ""
        )
    except Exception:
        _LOG.exception("a question could not be answered; please report it")
        return _error(500, "InternalError", "a bug of Espalier's; see the log of its reader")


def _json(view: View, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    body = json.dumps(view, separators=(",", ":"), allow_nan=False).encode()
    return web.Response(
        body=body, status=status, content_type="application/json", headers=dict(headers or {})
    )


def _error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    return _json({"error": {"code": code, "message": message[:400]}}, status, headers)
