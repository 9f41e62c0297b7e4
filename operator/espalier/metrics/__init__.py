"""Prometheus metrics and the probes' HTTP server."""

from __future__ import annotations

from espalier.metrics.figures import ControlView, StudyFigures
from espalier.metrics.health import LivenessLimits, ProbeAnswer, judge_liveness
from espalier.metrics.observer import Observer
from espalier.metrics.server import MetricsServer, build_registry

__all__ = [
    "ControlView",
    "LivenessLimits",
    "MetricsServer",
    "Observer",
    "ProbeAnswer",
    "StudyFigures",
    "build_registry",
    "judge_liveness",
]
