"""What a metric is declared by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MetricType(StrEnum):
    """Prometheus' metric types that are used here."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class MetricSource(StrEnum):
    """Where a metric's value comes from."""

    SNAPSHOT = "snapshot"
    """Computed at each scrape from what the operator knows: survives a restart of the operator."""
    OBSERVED = "observed"
    """Counted as it happens: starts at zero with the process."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family: its name as Prometheus shows it, and what it means."""

    name: str
    """As Prometheus shows it."""
    kind: MetricType
    """Its type."""
    source: MetricSource
    """Where its value comes from."""
    labels: tuple[str, ...]
    """Names of its labels, in order."""
    help: str
    """What it means, as a sentence."""
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, in the metric's unit."""
    preset: tuple[str, ...] = ()
    """Values of the only label that are shown as 0 from the start: a rate needs a first sample."""


def snapshot(name: str, kind: MetricType, labels: tuple[str, ...], help_: str) -> Metric:
    """Declare a metric that is computed at each scrape."""
    return Metric(name, kind, MetricSource.SNAPSHOT, labels, help_)
