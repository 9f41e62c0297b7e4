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
from espalier.planning.world.price import Price
from espalier.planning.world.settings import RESOURCES


@dataclass(frozen=True, slots=True)
class Options:
    """The flags of `espalier run`."""

    kubeconfig: str | None
    """Path of the kubeconfig; the pod's own credentials if None."""
    namespaces: tuple[str, ...]
    """Where studies are looked after; everywhere if empty."""
    own_namespace: str
    """Where the operator runs, and its Secret is."""
    ca_secret: str
    """Name of the Secret that keeps the CA; nothing is kept if empty."""
    store: str
    """URL of the store."""
    keep_closed_hours: float
    """Hours for which the rows of a deleted Study stay."""
    ingest_port: int
    """Where sidecars post."""
    ingest_url: str
    """The same, as pods reach it."""
    metrics_port: int
    """Where metrics and probes are."""
    sidecar_image: str
    """Image of the container that is added to each trial's pod."""
    sidecar_pull_policy: str
    """Its `imagePullPolicy`; the kubelet's default if empty."""
    allowed: tuple[str, ...]
    """What a template may use although it reaches out of the pod, by the names of `HOST_FIELDS`."""
    template_bytes: int
    """How large a Study's template may be, in bytes of JSON."""
    qps: float
    """Requests a second to the API server, on average."""
    burst: int
    """Requests at once."""
    resync_seconds: float
    """Seconds between two lists of everything."""
    max_parallelism: int
    """How many trials of one study run at the same time at most."""
    ingest_connections: int = 4096
    """How many connections to the ingest port are open at the same time at most."""
    token_review_qps: float = 20.0
    """TokenReviews a second, on average."""
    sidecar_resources: ResourcesSpec = RESOURCES
    """Requests and limits of the sidecar."""
    identity: str = ""
    """As whom Leases are held; made of the host's name if empty."""
    lease_seconds: float = 60.0
    """Seconds after which another operator may take over."""
    proposal_seconds: float = 60.0
    """How long a sampler may take for a proposal."""
    values: ValueLimits = field(default_factory=ValueLimits)
    """What reports may take."""
    price: Price | None = None
    """What an hour of an accelerator costs."""
    patience: Mapping[str, Any] = field(default_factory=dict)
    """Seconds until something is said to be in the way, by its field in `OperatorSettings`."""

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
            price=self.price,
            **self.patience,
        )
