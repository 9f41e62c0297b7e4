"""Events as the API server takes them: short words about an object, for people."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from espalier.errors import RetryLater
from espalier.kube.cluster import Cluster
from espalier.kube.errors import Conflict, NotFound, Refused
from espalier.kube.kinds import EVENT
from espalier.planning.world.names import DOMAIN

_LOG = logging.getLogger(__name__)


async def emit(
    cluster: Cluster,
    about: Mapping[str, str],
    reason: str,
    message: str,
    *,
    warning: bool,
    at: str,
) -> None:
    """Post an Event; one that is not taken is lost, and logged.

    Parameters
    ----------
    about
        ``apiVersion``, ``kind``, ``namespace``, ``name`` and maybe ``uid`` of the object.
    message
        Cut after 1,024 characters.
    at
        The time of day, as Kubernetes writes it.
    """
    body = {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {"generateName": f"{about['name'][:200]}.", "namespace": about["namespace"]},
        "involvedObject": dict(about),
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "message": message[:1024],
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
        "source": {"component": "espalier"},
        "reportingComponent": f"{DOMAIN}/operator",
        "reportingInstance": "espalier",
    }
    try:
        await cluster.create(EVENT, about["namespace"], body)
    except (RetryLater, Refused, NotFound, Conflict) as error:
        _LOG.info("an Event about %s %s is lost: %s", about["kind"], about["name"], error)
