"""Reads, writes and errors of a cluster's API server: the only importer of ``kubernetes``."""

from espalier.kube.ca_secret import CaSecret
from espalier.kube.cluster import Cluster, Object, Observe
from espalier.kube.errors import Conflict, NotFound, NotServed, Refused
from espalier.kube.kinds import EVENT, JOB, POD, SECRET, STUDY, TRIAL, Kind
from espalier.kube.limiter import TokenBucket

__all__ = [
    "EVENT",
    "JOB",
    "POD",
    "SECRET",
    "STUDY",
    "TRIAL",
    "CaSecret",
    "Cluster",
    "Conflict",
    "Kind",
    "NotFound",
    "NotServed",
    "Object",
    "Observe",
    "Refused",
    "TokenBucket",
]
