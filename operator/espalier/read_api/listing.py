"""The list of the studies that somebody may list."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from espalier.errors import RetryLater, UsageError
from espalier.read_api.callers import Caller, Callers
from espalier.read_api.objects import Object
from espalier.read_api.remembered import Remembered
from espalier.store.sqlite.beside import ListedStudy
from espalier.views.listed import listed_view
from espalier.views.plain import View

List = Callable[[], Awaitable[Iterable[Object]]]
"""Returns the Studies that the cluster has."""
SECONDS = 3.0
"""For so long a list of the cluster's is believed."""
MOST_NAMESPACES = 50
"""In so many it is asked at once what somebody may see."""


class Listing:
    """Lists studies, out of one list of the cluster's for all who ask in the same moment.

    Parameters
    ----------
    listed
        Returns the studies of the store; with True also those whose Study is gone.
    objects
        Returns the Studies of the cluster.
    callers
        Who may see what.
    clock
        Seconds that never go back.
    """

    def __init__(
        self,
        listed: Callable[[bool], Awaitable[Sequence[ListedStudy]]],
        objects: List,
        callers: Callers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listed = listed
        self._objects = objects
        self._callers = callers
        self._known: Remembered[Mapping[str, Object]] = Remembered(lambda _: SECONDS, clock, 1)

    async def rows(self, caller: Caller, namespace: str, *, deleted: bool) -> list[View]:
        """Return the rows of the studies that somebody may list, by namespace and name.

        Parameters
        ----------
        namespace
            The one that is meant; all that he may see where it is empty.
        deleted
            Whether those are meant, too, whose Study is gone.

        Raises
        ------
        UsageError
            If a namespace must be named, since there are too many to ask about.
        RetryLater
            If the cluster or the store does not answer.
        """
        found = await self._listed(deleted)
        found = [row for row in found if namespace in ("", row.namespace)]
        may = await self._namespaces(caller, {row.namespace for row in found}, namespace)
        seen = [row for row in found if row.namespace in may]
        objects = await self._by_uid() if seen else {}
        rows = [
            listed_view(
                row.namespace,
                row.name,
                row.uid,
                opened_at=row.opened_at,
                deleted=row.closed,
                study=objects.get(row.uid),
            )
            for row in seen
        ]
        return sorted(rows, key=lambda row: (row["namespace"], row["name"], row["createdAt"]))

    async def _namespaces(self, caller: Caller, asked: set[str], named: str) -> set[str]:
        """Return in which of these namespaces somebody may list Studies."""
        if not named and await self._callers.may(caller, "list"):
            return asked
        if len(asked) > MOST_NAMESPACES:
            raise UsageError(
                "namespace",
                f"expected one: {caller.user} may not list the Studies of all namespaces, and "
                f"there are {len(asked)} to look for his",
            )
        order = sorted(asked)
        may = await asyncio.gather(*(self._callers.may(caller, "list", each) for each in order))
        return {each for each, granted in zip(order, may, strict=True) if granted}

    async def _by_uid(self) -> Mapping[str, Object]:
        """Return the cluster's Studies; none while it cannot be asked: rows say less then."""

        async def ask() -> Mapping[str, Object]:
            return {str(each["metadata"]["uid"]): each for each in await self._objects()}

        try:
            return await self._known.get("all", ask)
        except RetryLater:
            return {}
