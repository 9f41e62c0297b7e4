"""Saying who works in a namespace, in the log and as an Event about its Lease."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from espalier.engine.control.claims import Claim
from espalier.kube import LEASE, Cluster, emit
from espalier.kube.lease import NAME

_LOG = logging.getLogger(__name__)

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
        """Say a change; takes what `espalier.engine.control.claims.Told` gives."""
        if claim not in _SAID:
            return
        level, reason, text = _SAID[claim]
        text = text.format(why=why)
        _LOG.log(level, "namespace %s: %s", namespace, text, extra={"namespace": namespace})
        if reason:
            said = self._emit(namespace, reason, text, warning=level >= logging.WARNING)
            task = asyncio.get_running_loop().create_task(said)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _emit(self, namespace: str, reason: str, text: str, *, warning: bool) -> None:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lease = {"apiVersion": LEASE.api_version, "kind": LEASE.name, "name": NAME}
        about = {**lease, "namespace": namespace}
        await emit(self._cluster, about, reason, f"{self._me}: {text}", warning=warning, at=at)
