"""List and compare, again and again: finds what a watch has missed, deletions above all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence

from espalier.engine.control.cache import Object
from espalier.engine.control.reconciler import Reconciler
from espalier.engine.control.reduced import reduced
from espalier.errors import RetryLater
from espalier.kube import Cluster, Kind, NotServed, Refused, watched

_LOG = logging.getLogger(__name__)
_TOGETHER = 1.0
"""Seconds in which the watches of all kinds begin, as they do at a start."""
_SHARE = 3.0
"""How many times as long as a round the loop is left alone after it, however often one is asked."""


class Resync:
    """Lists everything at the start, and then every so often.

    Parameters
    ----------
    namespaces
        Where; everywhere if empty.
    interval
        Seconds between two rounds.
    """

    def __init__(
        self,
        cluster: Cluster,
        reconciler: Reconciler,
        namespaces: Sequence[str] = (),
        interval: float = 60.0,
    ) -> None:
        self._cluster = cluster
        self._reconciler = reconciler
        self._namespaces: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._interval = interval
        self._asked = asyncio.Event()
        self.synced = False
        self.last_seen: dict[str, float] = {}

    async def run(self) -> None:
        """List until cancelled; errors are logged and tried again soon."""
        while True:
            began = time.monotonic()
            self._asked.clear()
            try:
                await self.once()
                delay = self._interval
            except (RetryLater, Refused) as error:
                _LOG.warning("%s; listing again in a moment", _hint(error))
                delay = getattr(error, "after", None) or 2.0
            await self._pause(delay, _SHARE * (time.monotonic() - began))

    def soon(self) -> None:
        """Have everything listed in a moment: a watch has begun, and missed what went before."""
        self._asked.set()

    async def _pause(self, most: float, least: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most):
                await self._asked.wait()
                await asyncio.sleep(max(_TOGETHER, least))

    async def once(self) -> None:
        """List every kind once and have what is known looked at."""
        if not await self._round(back=False):
            _LOG.warning(
                "the cluster went back to an earlier state, as it does when etcd is restored: "
                "everything is listed anew, and what is gone by that is made again"
            )
            self._reconciler.world.went_back()
            await self._round(back=True)
        self.synced = True
        self._reconciler.mark_all()

    async def _round(self, *, back: bool) -> bool:
        """Take in a list of every kind; False at the first that shows an earlier state."""
        for kind, label in ((each.kind, each.label) for each in watched()):
            for namespace in self._namespaces:
                cache = self._reconciler.world.cache(kind.plural)
                asked, leaving = cache.moment(), frozenset(self._reconciler.world.leaving)
                objects, version = await self._list(kind, namespace, label)
                if not back and cache.contradicts(objects, version, asked):
                    return False
                self._reconciler.listed(
                    kind.plural, objects, version, namespace, back=asked if back else None
                )
                self._reconciler.world.stays(objects, leaving)
            self.last_seen[kind.plural] = time.monotonic()
        return True

    async def _list(
        self, kind: Kind, namespace: str | None, label: str
    ) -> tuple[list[Object], int]:
        """Return what is to be kept of a list's objects, and its version."""
        objects: list[Object] = []
        text = ""
        async for page, version in self._cluster.pages(kind, namespace, labels=label):
            objects += (reduced(kind.plural, obj) for obj in page)
            text = text or version
        return objects, int(text) if text.isdigit() else 0


def _hint(error: Exception) -> str:
    if isinstance(error, NotServed):
        return f"{error}; are the custom resource definitions installed (helm, or crds/)?"
    if isinstance(error, Refused) and error.code == 403:
        return f"{error}; does the operator's role allow it?"
    return str(error)
