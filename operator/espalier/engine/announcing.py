"""Saying who works in a namespace, in the log and as an Event about its Lease."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from espalier.engine.claims import Claim
from espalier.errors import RetryLater
from espalier.kube import EVENT, LEASE, Cluster, Conflict, NotFound, Refused
from espalier.kube.lease import NAME

log = logging.getLogger(__name__)

_SAID: dict[Claim, tuple[int, str, str]] = {
    Claim.HELD: (logging.INFO, "OperatorWorks", "this operator holds the Lease and works here"),
    Claim.FOREIGN: (
        logging.WARNING,
        "OperatorStandsBack",
        "operator {why} works here, this one stands back; give them scopes that do not overlap",
    ),
    Claim.LAPSED: (
        logging.WARNING,
        "",
        "the Lease could not be renewed in time: nothing is written here until it is",
    ),
    Claim.UNGUARDED: (
        logging.WARNING,
        "",
        "the API server refuses the Lease ({why}): this operator works without one; does its role "
        "allow leases, and is no other operator here?",
    ),
}


class Announcer:
    """Says how it stands with a namespace, once for each change."""

    def __init__(self, cluster: Cluster, me: str) -> None:
        self._cluster = cluster
        self._me = me
        self._tasks: set[asyncio.Task[None]] = set()

    def told(self, namespace: str, claim: Claim, why: str | None) -> None:
        """Say a change; takes what `espalier.engine.claims.Told` gives."""
        if claim not in _SAID:
            return
        level, reason, text = _SAID[claim]
        text = text.format(why=why)
        log.log(level, "namespace %s: %s", namespace, text, extra={"namespace": namespace})
        if reason:
            event = self._event(namespace, reason, text, warning=level >= logging.WARNING)
            task = asyncio.get_running_loop().create_task(self._emit(namespace, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _emit(self, namespace: str, event: dict[str, Any]) -> None:
        try:
            await self._cluster.create(EVENT, namespace, event)
        except (RetryLater, Refused, NotFound, Conflict) as error:
            log.info("an Event about the Lease of %s is lost: %s", namespace, error)

    def _event(self, namespace: str, reason: str, text: str, *, warning: bool) -> dict[str, Any]:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {"apiVersion": LEASE.api_version, "kind": LEASE.name, "name": NAME}
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.name,
            "metadata": {"generateName": f"{NAME}.", "namespace": namespace},
            "involvedObject": {**about, "namespace": namespace},
            "type": "Warning" if warning else "Normal",
            "reason": reason,
            "message": f"{self._me}: {text}"[:1024],
            "firstTimestamp": at,
            "lastTimestamp": at,
            "count": 1,
            "source": {"component": "espalier"},
            "reportingComponent": "espalier.dev/operator",
            "reportingInstance": "espalier",
        }
