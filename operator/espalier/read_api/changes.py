"""Whether anything is new of the studies that somebody watches: one look for all who do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from espalier.errors import RetryLater

_LOG = logging.getLogger(__name__)
POLL_SECONDS = 1.0
LOOKS = 8
"""Studies that are looked up in the cluster at each poll, in turns: their status changes too."""


@dataclass(frozen=True, slots=True)
class WatchedStudy:
    """A study that somebody watches.

    Parameters
    ----------
    uid, namespace, name
        The study's.
    """

    uid: str
    namespace: str
    name: str


@dataclass(slots=True)
class _Watch:
    study: WatchedStudy
    revision: int = -1
    version: str | None = None
    told: str = ""
    streams: set[Follower] = field(default_factory=set)


class Follower:
    """One who watches a study."""

    def __init__(self, watch: _Watch) -> None:
        self._watch = watch
        self._something = asyncio.Event()
        self._told = ""

    @property
    def mark(self) -> str:
        """As of what the study is known; another text when anything of it is new."""
        return self._watch.told

    def wake(self) -> None:
        """Have `next` look again."""
        self._something.set()

    async def next(self, known: str, seconds: float) -> str | None:
        """Return the mark as soon as it is another one than is known; None after that time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.mark or self.mark == known:
                    self._something.clear()
                    await self._something.wait()
        return self.mark if self.mark and self.mark != known else None


class Changes:
    """Looks for what is new of the watched studies, a few times a minute or second, once for all.

    Parameters
    ----------
    revisions
        Returns by uid how often studies were written to.
    version
        Returns the version of a Study as the cluster has it; empty where there is none.
    rests
        Whether a study is not read anew yet: then who watches it is told later.
    seconds
        Between two polls.
    """

    def __init__(
        self,
        revisions: Callable[[Sequence[str]], Awaitable[dict[str, int]]],
        version: Callable[[WatchedStudy], Awaitable[str]],
        rests: Callable[[str], bool],
        seconds: float = POLL_SECONDS,
    ) -> None:
        self._revisions = revisions
        self._version = version
        self._rests = rests
        self._seconds = seconds
        self._watches: dict[str, _Watch] = {}
        self._turns: deque[str] = deque()
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def follow(self, study: WatchedStudy) -> AsyncIterator[Follower]:
        """Watch a study until the block is left."""
        watch = self._watches.get(study.uid)
        if watch is None:
            watch = self._watches[study.uid] = _Watch(study)
            self._turns.appendleft(study.uid)
        following = Follower(watch)
        watch.streams.add(following)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="changes")
        try:
            yield following
        finally:
            watch.streams.discard(following)
            if not watch.streams:
                self._watches.pop(study.uid, None)
                with contextlib.suppress(ValueError):
                    self._turns.remove(study.uid)

    def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._poll()
            except RetryLater as error:
                _LOG.debug("what is new is not known yet: %s", error.message)
            except Exception:  # the streams go on, and the next poll is due in time
                _LOG.exception("a look for what is new failed; please report it")
            await asyncio.sleep(self._seconds)

    async def _poll(self) -> None:
        if not self._watches:
            return
        revisions = await self._revisions(list(self._watches))
        await self._look()
        for uid, watch in list(self._watches.items()):
            if uid in revisions and not self._rests(uid):
                watch.revision = revisions[uid]
            if watch.revision < 0 or watch.version is None:
                continue
            told = f"{watch.revision}-{watch.version}"
            if told != watch.told:
                watch.told = told
                for each in watch.streams:
                    each.wake()

    async def _look(self) -> None:
        """Look up the Studies whose turn it is."""
        for _ in range(min(LOOKS, len(self._turns))):
            uid = self._turns[0]
            self._turns.rotate(-1)
            watch = self._watches.get(uid)
            if watch is None:
                continue
            try:
                watch.version = await self._version(watch.study)
            except RetryLater:
                watch.version = watch.version or ""
