"""Prometheus metrics and the probes' HTTP server."""

from espalier.metrics.health import Health, LivenessLimits, judge_liveness
from espalier.metrics.observer import Observer
from espalier.metrics.server import MetricsServer, build_registry
from espalier.metrics.views import ControlView, StudyView

__all__ = [
    "ControlView",
    "Health",
    "LivenessLimits",
    "MetricsServer",
    "Observer",
    "StudyView",
    "build_registry",
    "judge_liveness",
]
