"""The flags of `espalier run`, and what they decide about each part."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from espalier.api import ResourcesSpec
from espalier.engine.reports.limits import ValueLimits
from espalier.ingest import Limits
from espalier.kube import Holder
from espalier.planning import OperatorSettings, SidecarSettings
from espalier.planning.world.settings import RESOURCES


@dataclass(frozen=True, slots=True)
class Options:
    """The flags of `espalier run`."""

    kubeconfig: str | None
    namespaces: tuple[str, ...]
    own_namespace: str
    ca_secret: str
    store: str
    keep_closed_hours: float
    ingest_port: int
    ingest_url: str
    metrics_port: int
    sidecar_image: str
    sidecar_pull_policy: str
    allowed: tuple[str, ...]
    template_bytes: int
    qps: float
    burst: int
    resync_seconds: float
    max_parallelism: int
    ingest_connections: int = 4096
    token_review_qps: float = 20.0
    sidecar_resources: ResourcesSpec = RESOURCES
    identity: str = ""
    lease_seconds: float = 60.0
    values: ValueLimits = field(default_factory=ValueLimits)
    patience: Mapping[str, Any] = field(default_factory=dict)

    def holder(self) -> Holder:
        """Return as whom this process holds Leases; a pod's host name is its own name."""
        host = socket.gethostname()
        return Holder(self.identity or f"{host}:{self.store}", host)

    def limits(self) -> Limits:
        """Return what the flags decide about the ingest port."""
        return Limits(
            connections=self.ingest_connections,
            review_rate=self.token_review_qps,
            review_burst=max(1, round(2 * self.token_review_qps)),
        )

    def settings(self, ca_pem: str) -> OperatorSettings:
        """Return what the flags decide about plans."""
        return OperatorSettings(
            sidecar=SidecarSettings(
                image=self.sidecar_image,
                ingest_url=self.ingest_url,
                ca_pem=ca_pem,
                pull_policy=self.sidecar_pull_policy,
                resources=self.sidecar_resources,
            ),
            allowed=frozenset(self.allowed),
            template_bytes=self.template_bytes,
            max_parallelism=self.max_parallelism,
            **self.patience,
        )
