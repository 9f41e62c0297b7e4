"""Which namespaces are this operator's now, told by one Lease in each."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum

from espalier.errors import RetryLater
from espalier.kube import Cluster, Holder, Lease, LeaseTimes, NamespaceGone, Refused

_LOG = logging.getLogger(__name__)

_REFUSED_PAUSE = 60.0
_GOODBYE = 5.0


class Claim(StrEnum):
    """How it stands with a namespace; the value is its label in metrics."""

    ASKED = "Asked"
    """Nothing is known yet."""
    HELD = "Held"
    """This operator holds the Lease."""
    LAPSED = "Lapsed"
    """It held the Lease, and could not renew it: nothing is written, and values are taken."""
    FOREIGN = "Foreign"
    """Another operator holds it: this one stands back."""
    UNGUARDED = "Unguarded"
    """Leases are refused, or the namespace is gone: this operator works without one."""


Told = Callable[[str, Claim, str | None], None]
"""Called with a namespace, how it stands with it now, and who else holds it."""


class Claims:
    """Takes the Lease of each namespace in which there is something to do, and keeps it.

    Parameters
    ----------
    told
        Told of each change.
    always
        Namespaces whose Leases are taken though no Study is there.
    """

    def __init__(
        self,
        cluster: Cluster,
        me: Holder,
        told: Told,
        *,
        always: Iterable[str] = (),
        times: LeaseTimes | None = None,
    ) -> None:
        self._cluster = cluster
        self._me = me
        self._told = told
        self._always = frozenset(always)
        self._times = times or LeaseTimes()
        self._leases: dict[str, Lease] = {}
        self._claims: dict[str, Claim] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._goodbyes: set[asyncio.Task[None]] = set()

    # -- what is known --------------------------------------------------------------------------

    def ours(self, namespace: str) -> bool:
        """Whether this operator may write in a namespace now; if not known, it is asked for."""
        self._want(namespace)
        claim = self._claims[namespace]
        return claim is Claim.UNGUARDED or self._leases[namespace].held

    def check(self, namespace: str) -> None:
        """Let a write pass, or not: see `espalier.kube.cluster.Guard`.

        Raises
        ------
        RetryLater
            Where the namespace is not this operator's now.
        """
        if not self.ours(namespace):
            raise RetryLater(
                f"nothing is written in namespace {namespace}: {self._why(namespace)}", after=5.0
            )

    def foreign(self, namespace: str) -> str | None:
        """Return who else works in a namespace; None if nobody is known to."""
        lease = self._leases.get(namespace)
        return lease.foreign if lease is not None else None

    def counts(self) -> dict[str, int]:
        """Return the number of namespaces by how it stands with them."""
        counts = {claim.value: 0 for claim in Claim}
        for namespace in self._leases:
            counts[self._standing(namespace).value] += 1
        return counts

    def others(self) -> dict[str, str]:
        """Return who else works in which namespaces."""
        return {name: lease.foreign for name, lease in self._leases.items() if lease.foreign}

    def _standing(self, namespace: str) -> Claim:
        claim = self._claims[namespace]
        lapsed = claim is Claim.HELD and not self._leases[namespace].held
        return Claim.LAPSED if lapsed else claim

    def _why(self, namespace: str) -> str:
        if (other := self.foreign(namespace)) is not None:
            return f"operator {other} holds its Lease, this one stands back"
        return "its Lease is not held, and is asked for"

    # -- what is done ---------------------------------------------------------------------------

    def keep(self, namespaces: Iterable[str]) -> None:
        """Give up the Leases of all other namespaces: nothing is left to do there."""
        for namespace in self._leases.keys() - self._always - set(namespaces):
            self._tasks.pop(namespace).cancel()
            del self._claims[namespace]
            goodbye = _quietly(self._leases.pop(namespace).give_up())
            task = asyncio.get_running_loop().create_task(goodbye)
            self._goodbyes.add(task)
            task.add_done_callback(self._goodbyes.discard)

    async def run(self) -> None:
        """Hold Leases until cancelled."""
        for namespace in sorted(self._always):
            self._want(namespace)
        try:
            await asyncio.Event().wait()
        finally:
            for task in self._tasks.values():
                task.cancel()

    async def release(self) -> None:
        """Leave all Leases to the next process of this operator."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                await asyncio.gather(
                    *(_quietly(lease.release()) for lease in self._leases.values())
                )

    def _want(self, namespace: str) -> None:
        if namespace in self._leases:
            return
        self._leases[namespace] = Lease(self._cluster, namespace, self._me, self._times)
        self._claims[namespace] = Claim.ASKED
        self._tasks[namespace] = asyncio.get_running_loop().create_task(
            self._hold(namespace), name=f"lease {namespace}"
        )

    async def _hold(self, namespace: str) -> None:
        lease = self._leases[namespace]
        while True:
            pause = self._times.renewal
            try:
                await lease.ask()
            except NamespaceGone:
                self._claims[namespace] = Claim.UNGUARDED  # what was there is to be closed
            except RetryLater as error:
                pause = min(pause, error.after or 2.0)
                _LOG.warning("%s; the Lease of %s is asked for again", error, namespace)
                if not lease.held and lease.foreign is None:
                    self._note(namespace, self._standing(namespace))
            except Refused as error:
                pause = _REFUSED_PAUSE
                if error.namespace_terminating:
                    self._claims[namespace] = Claim.UNGUARDED  # what is there goes anyway
                elif lease.foreign is None:
                    self._note(namespace, Claim.UNGUARDED, str(error))
            except Exception:
                pause = _REFUSED_PAUSE
                _LOG.exception(
                    "the Lease of %s could not be asked for; please report it", namespace
                )
            else:
                claim = Claim.HELD if lease.held else Claim.FOREIGN
                self._note(namespace, claim, lease.foreign)
            await asyncio.sleep(pause)

    def _note(self, namespace: str, claim: Claim, why: str | None = None) -> None:
        before, self._claims[namespace] = self._claims[namespace], claim
        if before is not claim:
            self._told(namespace, claim, why)


async def _quietly(work: Awaitable[None]) -> None:
    """Do what is good to do and no harm if it fails: the Lease runs out by itself."""
    try:
        await work
    except Exception as error:
        _LOG.info("a Lease could not be given back: %s", error)
