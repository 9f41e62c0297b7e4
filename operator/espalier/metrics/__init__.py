"""Prometheus metrics and the probes' HTTP server."""

from espalier.metrics.figures import ControlView, StudyFigures
from espalier.metrics.health import Health, LivenessLimits, judge_liveness
from espalier.metrics.observer import Observer
from espalier.metrics.server import MetricsServer, build_registry

__all__ = [
    "ControlView",
    "Health",
    "LivenessLimits",
    "MetricsServer",
    "Observer",
    "StudyFigures",
    "build_registry",
    "judge_liveness",
]
