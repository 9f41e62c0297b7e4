"""The Lease by which two operators that see the same namespace notice each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from espalier.errors import RetryLater
from espalier.kube.answers import Object
from espalier.kube.cluster import Cluster
from espalier.kube.errors import Conflict, NotFound
from espalier.kube.kinds import LEASE

NAME = "espalier"
_LONGEST = 300.0
"""Seconds that a Lease of somebody else is waited for at most, whatever it says."""


def uptime() -> float:
    """Return seconds that never go back, and go on while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a Lease.

    Parameters
    ----------
    operator
        The same after a restart, over the same store.
    instance
        The process: of two with the same `operator`, one stands back as well.
    """

    operator: str
    instance: str = ""

    def __str__(self) -> str:
        """Return the ``holderIdentity``."""
        return f"{self.operator}_{self.instance}"


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Times of a Lease, in seconds.

    Parameters
    ----------
    duration
        How long others leave it alone after its holder's last sign of life.
    deadline
        How long after its own last sign the holder still writes.
    renewal
        Time between two signs.
    """

    duration: float = 60.0
    deadline: float = 45.0
    renewal: float = 20.0

    @classmethod
    def of(cls, duration: float) -> Self:
        """Return times in the usual proportion."""
        return cls(duration, 0.75 * duration, duration / 3)


class NamespaceGone(RetryLater):
    """A namespace is not there, so that nobody can work in it."""


class Lease:
    """One namespace's Lease, as one operator sees it.

    Who else holds it is watched by this process's own clock, as long as it changes: clocks of two
    machines are not compared.

    Parameters
    ----------
    clock
        Seconds that never go back.

    Attributes
    ----------
    foreign : str or None
        Who else held it when it was last read.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        me: Holder,
        times: LeaseTimes,
        clock: Callable[[], float] = uptime,
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._me = me
        self._times = times
        self._clock = clock
        self._until = float("-inf")
        self._mine: Object | None = None
        self._seen: tuple[object, float] | None = None
        self.foreign: str | None = None

    @property
    def held(self) -> bool:
        """Whether this operator may write now."""
        return self._clock() < self._until

    async def ask(self) -> None:
        """Renew the Lease, or take it if nobody else holds it.

        Raises
        ------
        RetryLater, Refused
            What the API server has against it; nothing is known then.
        NamespaceGone
            If there is no such namespace.
        """
        asked = self._clock()
        if self._mine is not None:
            try:
                return self._taken(await self._write(self._mine, str(self._me)), asked)
            except (Conflict, NotFound):
                self._mine = None
        found = await self._found()
        if found is None:
            return self._taken(await self._create(), asked)
        if not self._free(found):
            self._until, self.foreign = float("-inf"), _holder(found)
            return None
        try:
            return self._taken(await self._write(found, str(self._me)), asked)
        except (Conflict, NotFound) as error:
            raise RetryLater(f"the Lease of {self._namespace} has changed", after=1.0) from error

    async def release(self) -> None:
        """Leave the Lease to the next process of this operator; others wait for it to run out."""
        await self._leave_to(str(Holder(self._me.operator)))

    async def give_up(self) -> None:
        """Leave the Lease to anybody."""
        await self._leave_to("")

    async def _leave_to(self, holder: str) -> None:
        mine, self._mine, self._until = self._mine, None, float("-inf")
        if mine is None:
            return
        try:
            await self._write(mine, holder)
        except Conflict:  # a sign of life may have been on its way when this process was to end
            found = await self._found()
            if found is not None and _holder(found) == str(self._me):
                await self._write(found, holder)

    def _taken(self, found: Object, asked: float) -> None:
        self._mine, self.foreign, self._seen = found, None, None
        self._until = asked + self._times.deadline

    def _free(self, found: Object) -> bool:
        """Whether a Lease is nobody's, this operator's, or has run out."""
        holder, spec = _holder(found), found.get("spec") or {}
        if holder in ("", str(self._me), str(Holder(self._me.operator))):
            return True
        sign, now = (holder, spec.get("renewTime")), self._clock()
        if self._seen is None or self._seen[0] != sign:
            self._seen = (sign, now)
        theirs = min(_LONGEST, float(spec.get("leaseDurationSeconds") or 0))
        return now - self._seen[1] >= max(theirs, self._times.duration)

    async def _found(self) -> Object | None:
        try:
            return await self._cluster.get(LEASE, self._namespace, NAME)
        except NotFound:
            return None

    async def _create(self) -> Object:
        body = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.name,
            "metadata": {"name": NAME, "namespace": self._namespace},
            "spec": self._spec(str(self._me)) | {"acquireTime": _now()},
        }
        try:
            return await self._cluster.create(LEASE, self._namespace, body)
        except Conflict as error:
            raise RetryLater(f"the Lease of {self._namespace}: {error}", after=1.0) from error
        except NotFound as error:
            raise NamespaceGone(f"the Lease of {self._namespace}: {error}") from error

    async def _write(self, found: Object, holder: str) -> Object:
        """Write who holds a Lease, if it is still as it was found."""
        spec, old = self._spec(holder), found.get("spec") or {}
        if old.get("holderIdentity") != holder:
            spec["acquireTime"] = _now()
            spec["leaseTransitions"] = int(old.get("leaseTransitions") or 0) + 1
        version = found["metadata"].get("resourceVersion")
        body = {"metadata": {"resourceVersion": version}, "spec": spec}
        return await self._cluster.patch(LEASE, self._namespace, NAME, body)

    def _spec(self, holder: str) -> dict[str, Any]:
        return {
            "holderIdentity": holder,
            "leaseDurationSeconds": max(1, round(self._times.duration)),
            "renewTime": _now(),
        }


def _holder(found: Object) -> str:
    return str((found.get("spec") or {}).get("holderIdentity") or "")


def _now() -> str:
    """Return the time of day, for people: nothing is decided by it but that it changes."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
