"""Deleting objects, and finding out whether one is gone where a write made one think so."""

from __future__ import annotations

import asyncio

from espalier.engine.control.presence import find
from espalier.engine.control.world import World
from espalier.errors import RetryLater
from espalier.kube import Cluster, Conflict, Kind, NotFound
from espalier.planning.world.snapshot import sooner


class Deletion:
    """Deletes objects by uid, each once however often it is asked to, unless it is to go sooner."""

    def __init__(self, cluster: Cluster, world: World) -> None:
        self._cluster = cluster
        self._world = world
        self._deleting: dict[tuple[str, int | None], asyncio.Task[None]] = {}

    async def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        uid: str,
        *,
        grace: int | None = None,
        urgent: bool = False,
    ) -> None:
        """Delete an object with this uid; return when the API server has accepted it.

        Parameters
        ----------
        grace : int or None
            Seconds that a pod's processes have, at least 1: with 0 the API server would forget the
            pod before they are gone. None: what its own spec says.

        Raises
        ------
        RetryLater
            If that is not known.
        """
        leaving = self._world.leaving
        if uid in leaving and not sooner(grace, leaving[uid]):
            return
        asked = self._deleting.get((uid, grace))
        if asked is None:
            deletion = self._delete(kind, namespace, name, uid, grace, urgent=urgent)
            asked = self._deleting[uid, grace] = asyncio.ensure_future(deletion)
            asked.add_done_callback(lambda done: self._deleted(uid, grace, done))
        await asyncio.shield(asked)

    async def _delete(
        self, kind: Kind, namespace: str, name: str, uid: str, grace: int | None, *, urgent: bool
    ) -> None:
        try:
            await self._cluster.delete(kind, namespace, name, uid=uid, grace=grace, urgent=urgent)
        except (NotFound, Conflict) as error:
            await self.ask(kind, namespace, name, uid, error)
        else:
            leaving = self._world.leaving
            if uid not in leaving or sooner(grace, leaving[uid]):
                leaving[uid] = grace

    def _deleted(self, uid: str, grace: int | None, done: asyncio.Task[None]) -> None:
        del self._deleting[uid, grace]
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
