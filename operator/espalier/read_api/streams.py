"""Server-sent events: who watches a study is told that something of it is new."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from espalier.errors import RetryLater
from espalier.read_api.callers import Forbidden, TooMany, Unauthenticated
from espalier.read_api.changes import Changes, Follower, WatchedStudy

MOST, MOST_A_CALLER = 1000, 64
"""Streams that are open at once, and those of one person."""
HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 30.0
"""How often it is asked again whether somebody may still see what he watches."""
LONGEST_SECONDS = 3600.0
SLOW_SECONDS = 30.0
"""Who takes nothing for so long is given up."""
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",
}
Check = Callable[[], Awaitable[None]]
"""Raises where somebody may not see any more what he watches."""


class Streams:
    """The streams that are open.

    Parameters
    ----------
    changes
        Tells what is new.
    start
        Stands before each mark: marks of another process of the reader say nothing here.
    heartbeat
        Seconds between two signs of life.
    check_seconds
        Between two questions whether somebody may still see it.
    clock
        Seconds that never go back.
    """

    def __init__(
        self,
        changes: Changes,
        start: str,
        heartbeat: float = HEARTBEAT_SECONDS,
        check_seconds: float = CHECK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._changes = changes
        self._start = start
        self._heartbeat = heartbeat
        self._check_seconds = check_seconds
        self._clock = clock
        self._open: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[object]] = set()

    def __len__(self) -> int:
        """Return how many streams are open."""
        return self._open.total()

    async def serve(
        self, request: web.Request, user: str, study: WatchedStudy, check: Check
    ) -> web.StreamResponse:
        """Tell of each change until who watches goes away, or may not see it any more.

        Raises
        ------
        TooMany
            If he has too many streams open, or all have.
        """
        async with self._counted(user), self._changes.follow(study) as following:
            response = web.StreamResponse(headers=_HEADERS)
            response.content_type = "text/event-stream"
            response.charset = "utf-8"
            await response.prepare(request)
            with contextlib.suppress(ConnectionError, TimeoutError):
                await self._tell(request, response, following, check)
            return response

    async def close(self) -> None:
        """End all streams."""
        self._changes.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)

    async def _tell(
        self,
        request: web.Request,
        response: web.StreamResponse,
        following: Follower,
        check: Check,
    ) -> None:
        known = request.headers.get("Last-Event-ID", "").removeprefix(f"{self._start}-")
        began = checked = self._clock()
        await _send(response, "retry: 3000\n\n")
        while self._clock() - began < LONGEST_SECONDS:
            mark = await following.next(known, min(self._heartbeat, self._check_seconds))
            if self._clock() - checked >= self._check_seconds:
                if said := await _refusal(check):
                    await _send(response, f"event: end\ndata: {json.dumps(said)}\n\n")
                    return
                checked = self._clock()
            if mark is None:
                await _send(response, ": still here\n\n")
                continue
            revision, _, version = mark.partition("-")
            data = json.dumps({"revision": int(revision), "resourceVersion": version or None})
            await _send(response, f"id: {self._start}-{mark}\nevent: change\ndata: {data}\n\n")
            known = mark

    @asynccontextmanager
    async def _counted(self, user: str) -> AsyncIterator[None]:
        if self._open[user] >= MOST_A_CALLER or self._open.total() >= MOST:
            raise TooMany("too many event streams are open; close some", after=30)
        task = asyncio.current_task()
        assert task is not None
        self._open[user] += 1
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)
            self._open[user] -= 1
            if not self._open[user]:
                del self._open[user]


async def _refusal(check: Check) -> dict[str, str] | None:
    """Return why somebody may not see any more what he watches; None where he may."""
    try:
        await check()
    except (Unauthenticated, Forbidden) as error:
        return {"code": type(error).__name__, "message": str(error)[:400]}
    except RetryLater:
        pass  # nobody can be asked now; the next time is soon
    return None


async def _send(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SLOW_SECONDS):
        await response.write(text.encode())
