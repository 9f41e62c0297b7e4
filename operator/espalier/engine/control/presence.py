"""Whether an object exists: asked for by its name, since nothing else tells for certain."""

from __future__ import annotations

from espalier.errors import RetryLater
from espalier.kube import Cluster, Kind, NotFound, Object


async def find(cluster: Cluster, kind: Kind, namespace: str, name: str) -> Object | str:
    """Return an object, or in words how it is known that there is none.

    Raises
    ------
    RetryLater
        If the API server does not say either.
    """
    try:
        return await cluster.get(kind, namespace, name)
    except NotFound as error:
        if error.is_about(kind.plural, name) or error.is_about("namespaces", namespace):
            return f"asked for {kind.name} {name}, the API server says that there is none"
        raise RetryLater(f"{error}: not about {kind.name} {name}", after=2.0) from error
