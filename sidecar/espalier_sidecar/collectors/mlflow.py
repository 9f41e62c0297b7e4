"""Type MLflow: what the trainer logs with MLflow's client, which talks to the sidecar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collector, Context
from espalier_sidecar.collectors.served import ServedLater

PREFIX = "/mlflow"


class MLflowClient(NamedTuple):
    """What is taken of it, and whom all of it is for."""

    tracking_uri: str
    """The team's tracking server; empty if there is none, and the sidecar answers itself."""
    system_metrics: bool
    """Whether metrics under `system/` are taken."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        factory = "espalier_sidecar.collectors.mlflow_server:MLflowServer"
        return ServedLater(PREFIX, factory, context, self)


def read_section(section: Mapping[str, Any]) -> MLflowClient:
    """Return what `spec.collector.mlflow` says."""
    return MLflowClient(section.get("trackingUri") or "", section.get("systemMetrics") is True)
