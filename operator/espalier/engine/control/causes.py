"""Why something does not go on, as the cluster's own Warning Events tell."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from espalier.engine.control.cache import Object
from espalier.errors import RetryLater
from espalier.kube import EVENT, Cluster, NotFound, Refused
from espalier.kube.fair_bucket import Rank
from espalier.planning.obstacles import queue_words
from espalier.planning.world.observe import seconds
from espalier.planning.world.snapshot import Cause
from espalier.planning.world.workload_view import WorkloadView

_LOG = logging.getLogger(__name__)


class Causes:
    """Remembers the newest Warning Event of each object that was asked about.

    Parameters
    ----------
    wall : callable
        Seconds since the epoch by the cluster's wall clocks, as far as this machine's tells.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._causes: dict[str, Cause] = {}
        self._asked: dict[str, float] = {}
        self._told = False

    async def ask(self, cluster: Cluster, namespace: str, uid: str, now: float) -> None:
        """Ask for the Events of an object; best effort, since nothing rests on them but words."""
        self._asked[uid] = now
        fields = f"involvedObject.uid={uid},type=Warning"
        try:
            events, _ = await cluster.list(EVENT, namespace, fields=fields, rank=Rank.TENANT)
        except (RetryLater, Refused, NotFound) as error:
            if not self._told:
                self._told = True
                _LOG.warning("Events cannot be read, so that causes are not known: %s", error)
            return
        if (found := newest(events)) is not None:
            age = max(0.0, self._wall() - (found.at or 0.0))
            self.note(uid, replace(found, at=now - age), now)

    def note(self, uid: str, cause: Cause | None, now: float) -> None:
        """Take in what is said of an object, by its Events or by a queue; None: nothing."""
        self._asked[uid] = now
        if cause is None:
            self._causes.pop(uid, None)
        else:
            self._causes[uid] = cause

    def let_go(self, workloads: Iterable[WorkloadView]) -> None:
        """Forget what a queue has said of workloads that it has let go since."""
        for each in workloads:
            said = self._causes.get(each.uid)
            if said is not None and said.source == queue_words.SOURCE and not each.suspended:
                del self._causes[each.uid], self._asked[each.uid]

    def known(self) -> Mapping[str, Cause]:
        """Return the causes by the uid of their object."""
        return self._causes

    def asked(self, now: float) -> Mapping[str, float]:
        """Return the seconds since each object was asked about."""
        return {uid: max(0.0, now - at) for uid, at in self._asked.items()}

    def tidy(self, present: Callable[[str], bool]) -> None:
        """Drop what is remembered of objects that are not there any more."""
        self._causes = {uid: each for uid, each in self._causes.items() if present(uid)}
        self._asked = {uid: at for uid, at in self._asked.items() if present(uid)}


def newest(events: Collection[Object]) -> Cause | None:
    """Return the newest Warning Event as a cause; None where there is none."""
    warnings = [event for event in events if event.get("type") == "Warning"]
    if not warnings:
        return None
    event = max(warnings, key=_last)
    source = event.get("reportingComponent") or (event.get("source") or {}).get("component") or ""
    message = " ".join(str(event.get("message") or "").split())
    return Cause(str(event.get("reason") or ""), message, str(source), _last(event))


def _last(event: Mapping[str, Any]) -> float:
    """Return when an Event was seen last, in seconds since the epoch."""
    series = event.get("series") or {}
    times = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        event.get("firstTimestamp"),
        (event.get("metadata") or {}).get("creationTimestamp"),
    )
    return max((at for text in times if text and (at := seconds(text)) is not None), default=0.0)
