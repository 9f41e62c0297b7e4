"""Deleting objects, and finding out whether one is gone where a write made one think so."""

from __future__ import annotations

import asyncio

from espalier.engine.presence import find
from espalier.engine.world import World
from espalier.errors import RetryLater
from espalier.kube import Cluster, Conflict, Kind, NotFound


class Deletion:
    """Deletes objects by uid, each once however often it is asked to."""

    def __init__(self, cluster: Cluster, world: World) -> None:
        self._cluster = cluster
        self._world = world
        self._deleting: dict[str, asyncio.Task[None]] = {}

    async def delete(
        self, kind: Kind, namespace: str, name: str, uid: str, *, urgent: bool = False
    ) -> None:
        """Delete an object with this uid; return when the API server has accepted it.

        Raises
        ------
        RetryLater
            If that is not known.
        """
        if uid in self._world.leaving:
            return
        asked = self._deleting.get(uid)
        if asked is None:
            deletion = self._delete(kind, namespace, name, uid, urgent=urgent)
            asked = self._deleting[uid] = asyncio.ensure_future(deletion)
            asked.add_done_callback(lambda done: self._deleted(uid, done))
        await asyncio.shield(asked)

    async def _delete(
        self, kind: Kind, namespace: str, name: str, uid: str, *, urgent: bool
    ) -> None:
        try:
            await self._cluster.delete(kind, namespace, name, uid=uid, urgent=urgent)
        except (NotFound, Conflict) as error:
            await self.ask(kind, namespace, name, uid, error)
        else:
            self._world.leaving.add(uid)

    def _deleted(self, uid: str, done: asyncio.Task[None]) -> None:
        del self._deleting[uid]
        if not done.cancelled():
            done.exception()  # Whoever asked may be gone; that is no error of ours.

    async def ask(
        self, kind: Kind, namespace: str, name: str, uid: str, error: NotFound | Conflict
    ) -> None:
        """Find out whether an object is gone, since the answer to a write made one think so.

        Raises
        ------
        RetryLater
            If it is there, or is not known to be gone.
        """
        found = await find(self._cluster, kind, namespace, name)
        if isinstance(found, str):
            self._world.gone(kind.plural, uid, found)
        elif found["metadata"]["uid"] != uid:
            taken = f"{kind.name} {namespace}/{name} is another object now"
            self._world.gone(kind.plural, uid, taken)
            self._world.found(kind.plural, found)
        else:
            self._world.found(kind.plural, found)
            raise RetryLater(f"{error}, but it is there", after=2.0) from error
