"""The HTTPS server of the read API."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar
from weakref import WeakValueDictionary

from aiohttp import web

from espalier import __version__
from espalier.errors import RetryLater, UsageError
from espalier.read_api.answers import Body, Kept, body_of, refuse, respond, tag_of
from espalier.read_api.callers import Caller, Callers, Forbidden, TooMany, Unauthenticated
from espalier.read_api.changes import POLL_SECONDS, Changes, WatchedStudy
from espalier.read_api.client_certificates import caller_of
from espalier.read_api.known_studies import KnownStudies
from espalier.read_api.listing import List, Listing
from espalier.read_api.log_stream import Logs
from espalier.read_api.objects import Look, Object, Objects, version_of
from espalier.read_api.openapi import STUDY, document
from espalier.read_api.static import page_routes
from espalier.read_api.streams import CHECK_SECONDS, HEARTBEAT_SECONDS, Streams
from espalier.store.sqlite.beside import FoundStudy, ListedStudy
from espalier.views.query import Query
from espalier.views.questions import Unknown, answer

_LOG = logging.getLogger(__name__)
_QUIET = logging.getLogger(f"{__name__}.http")
_QUIET.setLevel(logging.CRITICAL)
"""Requests that are no HTTP, and people who go away, are no news; our faults are logged above."""
_T = TypeVar("_T")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_THREADS = 3


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
    list_all
        Lists all that are there.
    poll_seconds, heartbeat_seconds, check_seconds
        Between two looks for what is new, two signs of life on a stream of events, and two
        questions whether somebody may still see what he watches.
    """

    def __init__(
        self,
        studies: KnownStudies,
        callers: Callers,
        look: Look,
        list_all: List,
        *,
        poll_seconds: float = POLL_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._studies = studies
        self._callers = callers
        self._objects = Objects(look)
        self._kept = Kept()
        self._start = secrets.token_hex(4)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="read")
        self._runner: web.AppRunner | None = None
        changes = Changes(self._revisions, self._version, studies.rests, poll_seconds)
        self._listing = Listing(self._stored, list_all, callers)
        self._logs = Logs(self._run)
        self._streams = Streams(changes, self._start, heartbeat_seconds, check_seconds)

    async def start(self, host: str | None, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen, on all addresses if `host` is None; return the port."""
        app = web.Application(middlewares=[_errors])
        app.add_routes(page_routes())
        app.add_routes(
            [
                web.get("/healthz", _healthy),
                web.get("/v1/openapi.json", self._document),
                web.get("/v1/studies", self._list),
                web.get(STUDY, self._about),
                web.get(f"{STUDY}/events", self._events, allow_head=False),
                web.get(f"{STUDY}/log", self._log, allow_head=False),
                web.get(f"{STUDY}/{{question:.+}}", self._about),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, logger=_QUIET, shutdown_timeout=5.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Answer what has come, and close."""
        await self._streams.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # -- questions ----------------------------------------------------------------------------

    async def _document(self, request: web.Request) -> web.Response:
        """Return what can be asked, to anybody: it says nothing of any study."""
        made = document(__version__)
        return respond(request, await self._run(lambda: body_of(made, tag_of(made))))

    async def _list(self, request: web.Request) -> web.Response:
        """List the studies, to whoever may list them."""
        caller = await self._caller(request)
        query = Query(request.query)
        deleted = query.choice("deleted", ("false", "true")) == "true"
        rows = await self._listing.rows(caller, query.text("namespace"), deleted=deleted)

        def made() -> Body:
            plain = body_of(query.page(rows), "")
            return replace(plain, tag=tag_of(plain.plain))

        return respond(request, await self._run(made))

    async def _about(self, request: web.Request) -> web.Response:
        """Answer a question about one study, to whoever may see it."""
        found = await self._found(request)
        row = found.row
        study = await self._objects.get(row.namespace, row.name, row.uid)
        question, query = request.match_info.get("question", ""), request.query_string
        given = Query(request.query)
        turn = self._turns.setdefault(row.uid, asyncio.Lock())
        async with turn:  # one thread for each study: the others are for other studies
            body = await self._run(lambda: self._answer(found, study, question, query, given))
        return respond(request, body)

    def _answer(
        self, found: FoundStudy, study: Object | None, question: str, query: str, given: Query
    ) -> Body:
        uid, version = found.row.uid, version_of(study)
        with self._studies.study(found) as known:
            tag = tag_of(self._start, uid, known.revision, version, question, query)
            body = self._kept.get(tag)
            if body is None:
                body = body_of(answer(known.gathered, study, question, given), tag)
                self._kept.put(body)
        return body

    async def _log(self, request: web.Request) -> web.StreamResponse:
        """Send a study's whole log to whoever may see it."""
        row = (await self._found(request)).row
        caller = await self._caller(request)
        name = f"{row.namespace}-{row.name}"
        return await self._logs.serve(
            request, caller.user, lambda: self._studies.store.log(row), name
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Tell whoever may see a study whenever something of it is new."""
        found = await self._found(request)
        row = found.row
        caller = await self._caller(request)

        async def check() -> None:
            now = await self._caller(request)
            await self._callers.check(now, row.namespace, row.name)

        study = WatchedStudy(row.uid, row.namespace, row.name)
        return await self._streams.serve(request, caller.user, study, check)

    # -- what they share ----------------------------------------------------------------------

    async def _caller(self, request: web.Request) -> Caller:
        connection = request.transport
        shown = None if connection is None else connection.get_extra_info("peercert")
        return await self._callers.identify(
            request.headers, request.remote or "", caller_of(shown, time.time())
        )

    async def _found(self, request: web.Request) -> FoundStudy:
        """Return the study that is asked about, if who asks may see it."""
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        caller = await self._caller(request)
        if not (_NAMESPACE.fullmatch(namespace) and _NAME.fullmatch(name)):
            raise Unknown("", "no study has such a name")
        await self._callers.check(caller, namespace, name)
        uid = request.query.get("uid", "")
        found = await self._run(lambda: self._studies.store.find(namespace, name, uid))
        if found is None:
            raise Unknown("", f"nothing is stored of a study {namespace}/{name}")
        return found

    async def _stored(self, deleted: bool) -> Sequence[ListedStudy]:
        return await self._run(lambda: self._studies.store.studies(closed=deleted))

    async def _revisions(self, uids: Sequence[str]) -> dict[str, int]:
        return await self._run(lambda: self._studies.store.revisions(uids))

    async def _version(self, study: WatchedStudy) -> str:
        return version_of(await self._objects.get(study.namespace, study.name, study.uid))

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok\n", headers={"Cache-Control": "no-store"})


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """End what a question raises in an answer."""
    try:
        return await handler(request)
    except ConnectionError:
        raise  # who asked is gone
    except Unauthenticated as error:
        return refuse(401, "Unauthenticated", str(error), {"WWW-Authenticate": "Bearer"})
    except Forbidden as error:
        return refuse(403, "Forbidden", str(error))
    except Unknown as error:
        return refuse(404, "NotFound", str(error))
    except UsageError as error:
        return refuse(400, "BadRequest", str(error))
    except TooMany as error:
        return refuse(429, "TooMany", error.message, _later(error))
    except RetryLater as error:
        return refuse(503, "RetryLater", error.message, _later(error))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        return refuse(405, "BadMethod", f"expected {allowed}: it only reads", {"Allow": allowed})
    except web.HTTPException as error:
        code = "NotFound" if error.status == 404 else "Error"
        return refuse(error.status, code, "there is nothing here; see /v1/openapi.json")
    except Exception:
        _LOG.exception("a question could not be answered; please report it")
        return refuse(500, "InternalError", "a bug of Espalier's; see the log of its reader")


def _later(error: RetryLater) -> dict[str, str]:
    return {"Retry-After": str(max(1, round(error.after or 2)))}
