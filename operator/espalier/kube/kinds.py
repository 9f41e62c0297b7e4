"""The kinds of object that the operator reads and writes, and which of them it watches."""

from __future__ import annotations

from dataclasses import dataclass

from espalier.planning.workload import registry
from espalier.planning.world.kinds import Kind as Kind
from espalier.planning.world.names import STUDY_LABEL

STUDY = Kind("espalier.dev", "v1alpha1", "studies", "Study")
TRIAL = Kind("espalier.dev", "v1alpha1", "trials", "Trial")
PRUNER_PROFILE = Kind("espalier.dev", "v1alpha1", "prunerprofiles", "PrunerProfile")
POD = Kind("", "v1", "pods", "Pod")
EVENT = Kind("", "v1", "events", "Event")
CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")
SECRET = Kind("", "v1", "secrets", "Secret")
LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")
WORKLOADS = (
    Kind("kueue.x-k8s.io", "v1beta2", "workloads", "Workload"),
    Kind("kueue.x-k8s.io", "v1beta1", "workloads", "Workload"),
)
"""Kueue's view of a Job in its versions, the newest first; a cluster need not serve any."""
TOKEN_REVIEW = Kind("authentication.k8s.io", "v1", "tokenreviews", "TokenReview")


@dataclass(frozen=True, slots=True)
class Watched:
    """A kind of object that is watched, listed and cached, and written for a study alone.

    Parameters
    ----------
    kind
        Which.
    label
        Only objects that have this label are; empty: all.
    """

    kind: Kind
    label: str = ""


def watched() -> tuple[Watched, ...]:
    """Return the kinds that are watched, in the order in which they are listed: owners first."""
    workloads = (Watched(each.kind, STUDY_LABEL) for each in registry.KINDS)
    return (Watched(STUDY), Watched(TRIAL), *workloads, Watched(POD, STUDY_LABEL))


def local_queue(workload: Kind) -> Kind:
    """Return the kind of the queues that go with a version of Workload."""
    return Kind(workload.group, workload.version, "localqueues", "LocalQueue")
