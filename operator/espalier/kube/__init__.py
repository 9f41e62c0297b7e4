"""Reads, writes and errors of a cluster's API server: the only importer of ``kubernetes``."""

from __future__ import annotations

from espalier.kube.answers import Object
from espalier.kube.ca_secret import CaSecret
from espalier.kube.cluster import Cluster, Observe
from espalier.kube.credentials import own_namespace
from espalier.kube.errors import Conflict, NotFound, NotServed, Refused
from espalier.kube.events import emit
from espalier.kube.fair_bucket import Rank
from espalier.kube.forwarding import Forwarding
from espalier.kube.kinds import (
    CONFIG_MAP,
    EVENT,
    LEASE,
    POD,
    PRUNER_PROFILE,
    SECRET,
    STUDY,
    TRIAL,
    WORKLOADS,
    Kind,
    Watched,
    local_queue,
    watched,
)
from espalier.kube.lease import Holder, Lease, LeaseTimes, NamespaceGone
from espalier.kube.limiter import TokenBucket, asking_for
from espalier.kube.read_connection import ReadConnection, ReadService
from espalier.kube.turns import Lines, Tenant

__all__ = [
    "CONFIG_MAP",
    "EVENT",
    "LEASE",
    "POD",
    "PRUNER_PROFILE",
    "SECRET",
    "STUDY",
    "TRIAL",
    "WORKLOADS",
    "CaSecret",
    "Cluster",
    "Conflict",
    "Forwarding",
    "Holder",
    "Kind",
    "Lease",
    "LeaseTimes",
    "Lines",
    "NamespaceGone",
    "NotFound",
    "NotServed",
    "Object",
    "Observe",
    "Rank",
    "ReadConnection",
    "ReadService",
    "Refused",
    "Tenant",
    "TokenBucket",
    "Watched",
    "asking_for",
    "emit",
    "local_queue",
    "own_namespace",
    "watched",
]
