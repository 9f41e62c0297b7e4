"""Kueue's Workloads: what they say of a Job that waits, and how a Job is taken out of its line."""

from __future__ import annotations

from espalier.engine.control.cache import Object
from espalier.errors import RetryLater
from espalier.kube import (
    WORKLOADS,
    Cluster,
    Conflict,
    Kind,
    NotFound,
    NotServed,
    Rank,
    Refused,
    local_queue,
)
from espalier.planning import effects
from espalier.planning.obstacles import queue_words
from espalier.planning.workload.registry import by_plural
from espalier.planning.world.names import SUSPENDED_ANNOTATION, WORKLOAD_OF_LABEL
from espalier.planning.world.snapshot import Cause


class Queues:
    """Reads Workloads, and has them held back and let go."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def why(self, namespace: str, asked: effects.AskWhy) -> Cause:
        """Return why a queue does not let a Job run, or that it does, or why that is not known."""
        of = by_plural(asked.plural)
        title = f"{of.kind.name if of is not None else asked.plural} {asked.name}"
        try:
            found = await self._workload(namespace, asked.uid)
        except (NotServed, NotFound):
            return queue_words.no_workload(title)
        except (Refused, RetryLater) as error:
            return queue_words.unreadable(str(error))
        if found is None:
            return queue_words.no_workload(title)
        kind, workload = found
        cause = queue_words.cause_of(workload)
        if queue_words.refuses_itself(cause):
            return cause
        return queue_words.closed(await self._queue(kind, namespace, workload)) or cause

    async def hold(self, namespace: str, wanted: effects.SuspendWorkload) -> None:
        """Have the queue suspend a Job and start it no more, or put it into its line again.

        A Workload that somebody else has deactivated is left to them.

        Raises
        ------
        RetryLater
            Also while the queue has not taken the Job up: until then there is nothing to hold.
        Refused
            If the operator may not do that.
        """
        found, held = await self._workload(namespace, wanted.uid), wanted.suspend
        if found is None:
            raise RetryLater(
                queue_words.no_workload(f"{wanted.kind.name} {wanted.name}").message, after=1.0
            )
        kind, workload = found
        meta = workload["metadata"]
        active = (workload.get("spec") or {}).get("active") is not False
        ours = SUSPENDED_ANNOTATION in (meta.get("annotations") or {})
        if not (active if held else ours):
            return
        mark = {SUSPENDED_ANNOTATION: "true" if held else None}
        patch = {
            "metadata": {"uid": meta["uid"], "annotations": mark},
            "spec": {"active": not held},
        }
        try:
            await self._cluster.patch(kind, namespace, meta["name"], patch)
        except (NotFound, Conflict) as error:
            raise RetryLater(f"Workload {meta['name']} has just changed: {error}") from error

    async def _queue(self, kind: Kind, namespace: str, workload: Object) -> Object:
        """Return a Workload's LocalQueue; an empty object where that cannot be read.

        Of a queue that is held the Workloads go on saying what they said before.
        """
        name = str((workload.get("spec") or {}).get("queueName") or "")
        try:
            return await self._cluster.get(local_queue(kind), namespace, name) if name else {}
        except (NotFound, Refused, RetryLater):
            return {}

    async def _workload(self, namespace: str, uid: str) -> tuple[Kind, Object] | None:
        """Return the Workload of a Job and its kind, None where the queue has made none."""
        selector = f"{WORKLOAD_OF_LABEL}={uid}"
        for kind in WORKLOADS:
            try:
                found, _ = await self._cluster.list(
                    kind, namespace, labels=selector, rank=Rank.TENANT
                )
            except NotServed:
                if kind is WORKLOADS[-1]:
                    raise
                continue
            there = [obj for obj in found if "deletionTimestamp" not in obj["metadata"]]
            return (kind, there[-1]) if there else None
        return None
