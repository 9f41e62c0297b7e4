"""Between the operator and the API server: what `espalier.kube.Cluster` is to the real one."""

from __future__ import annotations

import asyncio
import copy
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from espalier.errors import RetryLater
from espalier.kube import Kind
from tests.simulation import answers
from tests.simulation.api_server import ApiServer, Object
from tests.simulation.faults import Faults

T = TypeVar("T")
_PAGE = 4
Hook = Callable[[str, Kind, str, str], Awaitable[None]]
"""Told of a request's verb, kind, name and subresource; may wait, and may raise an answer."""


class PlayedCluster:
    """Carries requests to the played API server, late, or not, or without an answer.

    Parameters
    ----------
    before, after
        Let a test answer chosen requests as it likes, before and after they are carried out.
    """

    def __init__(
        self,
        api: ApiServer,
        faults: Faults,
        rnd: random.Random,
        before: Hook | None = None,
        after: Hook | None = None,
    ) -> None:
        self._api = api
        self._faults = faults
        self._rnd = rnd
        self.asked: Counter[str] = Counter()
        self.before: Hook | None = before
        self.after: Hook | None = after

    async def get(self, kind: Kind, namespace: str, name: str, **_: Any) -> Object:
        """See `Cluster.get`."""
        return await self._ask("get", kind, name, lambda: self._api.get(kind, namespace, name))

    async def list(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", **_: Any
    ) -> tuple[list[Object], str]:
        """See `Cluster.list`."""
        return await self._ask("list", kind, "", lambda: self._api.list(kind, namespace, labels))

    async def pages(
        self, kind: Kind, namespace: str | None = None, *, labels: str = "", **_: Any
    ) -> AsyncIterator[tuple[list[Object], str]]:
        """See `Cluster.pages`; all pages are of the same moment."""
        found, version = await self.list(kind, namespace, labels=labels)
        yield found[:_PAGE], version
        for begin in range(_PAGE, len(found), _PAGE):
            page = found[begin : begin + _PAGE]
            yield await self._ask("list", kind, "", lambda page=page: (page, version))

    async def create(
        self,
        kind: Kind,
        namespace: str,
        body: Mapping[str, Any],
        *,
        dry_run: bool = False,
        **_: Any,
    ) -> Object:
        """See `Cluster.create`."""
        name = str(body["metadata"].get("name", ""))

        def act() -> Object:
            return self._api.create(kind, namespace, body, "operator", dry_run=dry_run)

        return await self._ask("dry run" if dry_run else "create", kind, name, act)

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
        **_: Any,
    ) -> Object:
        """See `Cluster.patch`."""

        def act() -> Object:
            if subresource and self._rnd.random() < self._faults.conflicts:
                raise answers.modified(f"patch {kind.path(namespace, name)}", kind, name)
            return self._api.merge(kind, namespace, name, body, "operator", subresource)

        return await self._ask("patch", kind, name, act, subresource)

    async def delete(
        self, kind: Kind, namespace: str, name: str, *, uid: str | None = None, **_: Any
    ) -> None:
        """See `Cluster.delete`."""
        await self._ask(
            "delete", kind, name, lambda: self._api.remove(kind, namespace, name, "operator", uid)
        )

    async def _ask(
        self, verb: str, kind: Kind, name: str, act: Callable[[], T], subresource: str = ""
    ) -> T:
        what = f"{verb} {kind.plural} {name}"
        self.asked[what] += 1
        try:
            await self._pause()
        except asyncio.CancelledError:
            if self._rnd.random() < 0.5:  # it was under way when the operator died
                self._regardless(act)
            raise
        if self._rnd.random() < self._faults.refused:
            raise answers.busy(what)
        if self.before is not None:
            await self.before(verb, kind, name, subresource)
        found = act()
        if self.after is not None:
            await self.after(verb, kind, name, subresource)
        await self._pause()
        if self._rnd.random() < self._faults.lost:
            raise RetryLater(f"{what}: no answer from the API server (TimeoutError())")
        return copy.deepcopy(found)

    async def _pause(self) -> None:
        await asyncio.sleep(self._rnd.random() ** 3 * self._faults.slow)

    @staticmethod
    def _regardless(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception:
            return
