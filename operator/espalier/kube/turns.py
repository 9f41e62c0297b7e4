"""Waiting lines by tenant, served in turn: a long line of one makes nobody else's longer.

Pure: who is served when is for others to say (`espalier.kube.fair_bucket`,
`espalier.engine.control.lanes`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)


class Tenant(NamedTuple):
    """Who waits: a study of a namespace; of TokenReviews, a pod at an address."""

    group: str = ""
    """The namespace, or the address."""
    member: str = ""
    """The study, or the pod."""


class Lines(Generic[T]):
    """One line for each tenant; groups take turns, and in each group its members.

    Who has been served, and who comes anew, goes to the end of the round.
    """

    def __init__(self) -> None:
        self._groups: OrderedDict[str, OrderedDict[str, dict[T, None]]] = OrderedDict()
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def waiting(self, group: str) -> int:
        """Return how many of a group's wait."""
        return sum(len(line) for line in self._groups.get(group, {}).values())

    def join(self, tenant: Tenant, item: T) -> None:
        """Let an item wait at the end of its tenant's line."""
        members = self._groups.setdefault(tenant.group, OrderedDict())
        members.setdefault(tenant.member, {})[item] = None
        self._waiting += 1

    def leave(self, tenant: Tenant, item: T) -> bool:
        """Take an item out of its line, wherever it stands; False if it does not wait."""
        members = self._groups.get(tenant.group, OrderedDict())
        line = members.get(tenant.member, {})
        if item not in line:
            return False
        del line[item]
        self._waiting -= 1
        if not line:
            del members[tenant.member]
        if not members:
            del self._groups[tenant.group]
        return True

    def take(self, may: Callable[[Tenant], bool] = lambda _: True) -> tuple[Tenant, T] | None:
        """Take out whose turn it is, passing over tenants that may not; None if nobody is left."""
        for group, members in self._groups.items():
            for member, line in members.items():
                tenant = Tenant(group, member)
                if may(tenant):
                    item = next(iter(line))
                    self._served(tenant, item)
                    return tenant, item
        return None

    def _served(self, tenant: Tenant, item: T) -> None:
        self.leave(tenant, item)
        members = self._groups.get(tenant.group)
        if members is not None:
            self._groups.move_to_end(tenant.group)
            if tenant.member in members:
                members.move_to_end(tenant.member)
