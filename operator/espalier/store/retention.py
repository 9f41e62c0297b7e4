"""Rows of closed studies stay for a while, and then go, little by little, with their space."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from espalier.errors import RetryLater
from espalier.store.database import Writer

_LOG = logging.getLogger(__name__)
_EVERY = 60.0
_PAUSE = 5.0


class Retention:
    """Removes the studies that have been closed for longer than the retention time.

    Parameters
    ----------
    writer : Writer
        What deletes.
    write : callable
        Runs a piece of work in the writer's thread.
    due : callable
        Returns the numbers of the studies that were closed by a time.
    spare : callable
        Returns how many pages of the file can be given back to the disk.
    keep : float
        Seconds that rows of closed studies stay.
    clock : callable
        Seconds since the epoch that never jump: rows that are gone do not come back.
    """

    def __init__(
        self,
        writer: Writer,
        write: Callable[[Callable[[], bool]], Awaitable[bool]],
        due: Callable[[float], Awaitable[list[int]]],
        spare: Callable[[], Awaitable[int]],
        keep: float,
        clock: Callable[[], float],
    ) -> None:
        self._writer = writer
        self._write = write
        self._due_studies = due
        self._spare = spare
        self._keep = keep
        self._clock = clock
        self._due = asyncio.Event()

    def look(self) -> None:
        """Have it look soon: a study was closed."""
        if not self._keep:
            self._due.set()

    async def run(self) -> None:
        """Remove what is due, again and again until cancelled; what fails is tried again."""
        while True:
            pause = _EVERY
            self._due.clear()
            try:
                await self.once()
            except RetryLater as error:
                _LOG.warning("store: rows of closed studies are not deleted yet: %s", error)
                pause = _PAUSE
            except Exception:
                _LOG.exception("store: rows of closed studies could not be deleted; again soon")
            timer = asyncio.get_running_loop().call_later(pause, self._due.set)
            try:
                await self._due.wait()
            finally:
                timer.cancel()

    async def once(self) -> int:
        """Remove all that is due now; return of how many studies.

        Raises
        ------
        RetryLater
            If the store does not answer; what is left is found again.
        """
        until, purged = self._clock() - self._keep, 0
        for study in await self._due_studies(until):
            purged += await self._remove(study, until)
        if await self._spare():
            while await self._write(self._writer.shrink):
                pass
        return purged

    async def _remove(self, study: int, until: float) -> bool:
        now = self._clock()
        # Looked at again in the writer's turn: it may have been opened since it was found.
        if not await self._write(lambda: self._writer.begin_removal(study, until, now)):
            return False
        while await self._write(lambda: self._writer.remove_some(study)):
            pass
        _LOG.info("store: the rows of closed study number %d are gone", study)
        return True
