"""The kinds of object that the operator reads and writes, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object; ``group`` is empty for the core API."""

    group: str
    """Its API group; empty for the core API."""
    version: str
    """Its version in that group."""
    plural: str
    """Its resource, as paths have it."""
    name: str
    """Its kind, as objects have it."""

    @property
    def api_version(self) -> str:
        """``apiVersion`` of such an object."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
        """Return the path of an object, or of the list where ``name`` is empty."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root]
        if namespace:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        parts += [quote(part, safe="") for part in (name, subresource) if part]
        return "/".join(parts)


STUDY = Kind("espalier.dev", "v1alpha1", "studies", "Study")
TRIAL = Kind("espalier.dev", "v1alpha1", "trials", "Trial")
JOB = Kind("batch", "v1", "jobs", "Job")
POD = Kind("", "v1", "pods", "Pod")
EVENT = Kind("", "v1", "events", "Event")
SECRET = Kind("", "v1", "secrets", "Secret")
LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")
WORKLOADS = (
    Kind("kueue.x-k8s.io", "v1beta2", "workloads", "Workload"),
    Kind("kueue.x-k8s.io", "v1beta1", "workloads", "Workload"),
)
"""Kueue's view of a Job in its versions, the newest first; a cluster need not serve any."""
TOKEN_REVIEW = Kind("authentication.k8s.io", "v1", "tokenreviews", "TokenReview")


def local_queue(workload: Kind) -> Kind:
    """Return the kind of the queues that go with a version of Workload."""
    return Kind(workload.group, workload.version, "localqueues", "LocalQueue")
