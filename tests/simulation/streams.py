"""The operator's watches: one stream a kind, in order within it, with no order between them."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Callable, Mapping
from typing import Any

from espalier.kube import Kind, watched
from tests.simulation.api_server import ApiServer, Change
from tests.simulation.faults import Faults

Seen = Callable[[str, bool, Mapping[str, Any]], object]


class Stream:
    """The watch of one kind; after a break it lists, and does not learn what was deleted."""

    def __init__(
        self,
        api: ApiServer,
        kind: Kind,
        labels: str,
        seen: Seen,
        faults: Faults,
        rnd: random.Random,
    ) -> None:
        self._api = api
        self._kind = kind
        self._labels = labels
        self._seen = seen
        self._faults = faults
        self._rnd = rnd
        self._queue: asyncio.Queue[Change] = asyncio.Queue()
        self._broken = asyncio.Event()
        self.held = asyncio.Event()
        self.held.set()

    def changed(self, change: Change) -> None:
        """Take in a change of this kind."""
        if change.plural == self._kind.plural:
            self._queue.put_nowait(change)

    def broken(self) -> None:
        """Lose the connection."""
        self._broken.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._queue = asyncio.Queue()
            self._broken.clear()
            self._api.watches.append(self)
            try:
                for obj in self._listed():
                    self._tell(False, obj)
                await self._follow()
            finally:
                self._api.watches.remove(self)
            await asyncio.sleep(self._rnd.uniform(0.1, 2.0))

    def _listed(self) -> list[Mapping[str, Any]]:
        try:
            return list(self._api.list(self._kind, None, self._labels)[0])
        except Exception:  # not served: watched again in a moment
            self._broken.set()
            return []

    async def _follow(self) -> None:
        breaking = asyncio.ensure_future(self._broken.wait())
        try:
            while not self._broken.is_set():
                following = asyncio.ensure_future(self._queue.get())
                await asyncio.wait([following, breaking], return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    return
                await self.held.wait()
                await asyncio.sleep(self._rnd.random() ** 2 * self._faults.late)
                self._pass_on(following.result())
        finally:
            breaking.cancel()

    def _pass_on(self, change: Change) -> None:
        if self._rnd.random() < self._faults.dropped:
            return
        self._tell(change.deleted, change.obj)
        if self._rnd.random() < self._faults.repeated:
            self._tell(change.deleted, change.obj)

    def _tell(self, deleted: bool, obj: Mapping[str, Any]) -> None:
        self._seen(self._kind.plural, deleted, copy.deepcopy(dict(obj)))


def streams(api: ApiServer, seen: Seen, faults: Faults, rnd: random.Random) -> dict[str, Stream]:
    """Return the operator's watches, by plural."""
    return {
        each.kind.plural: Stream(api, each.kind, each.label, seen, faults, rnd)
        for each in watched()
    }
