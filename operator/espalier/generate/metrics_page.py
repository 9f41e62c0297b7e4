"""The reference of metrics: docs/reference/metrics.md."""

from __future__ import annotations

from espalier.generate.markdown import NOTE, table
from espalier.metrics.declared import SECTIONS
from espalier.metrics.labels import LABELS
from espalier.metrics.metric import Metric, MetricSource


def metrics_page() -> str:
    """Write the reference of all metrics, in Markdown."""
    lines = [
        NOTE,
        "# Metrics",
        "",
        "The operator serves these at `/metrics` on its metrics port (9090). A metric whose source"
        " is *snapshot* is computed at each scrape from what the operator has stored, so that a"
        " restart changes no total; one that is *observed* is counted as it happens and starts at"
        " zero with the process. When a Study is deleted its series go away; until then they stay,"
        " also when it has ended. No label names a trial, a pod or a step; latencies name a trial"
        " in exemplars, for who scrapes OpenMetrics. The usual `process_*` and `python_*` metrics"
        " are served too.",
    ]
    for title, metrics in SECTIONS.items():
        lines += ["", f"## {title}", ""]
        lines += table(
            ("name", "type", "source", "labels", "meaning"), [_cells(metric) for metric in metrics]
        )
    lines += ["", "## Labels", ""]
    lines += table(("label", "values"), [(f"`{name}`", what) for name, what in LABELS.items()])
    buckets = [
        (f"`{metric.name}`", ", ".join(f"{bound:g}" for bound in metric.buckets))
        for metrics in SECTIONS.values()
        for metric in metrics
        if metric.buckets
    ]
    lines += ["", "## Buckets of the histograms", ""]
    lines += table(("name", "upper bounds"), buckets)
    return "\n".join(lines) + "\n"


def _cells(metric: Metric) -> tuple[str, ...]:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    source = "snapshot" if metric.source is MetricSource.SNAPSHOT else "observed"
    return f"`{metric.name}`", metric.kind.value, source, labels, metric.help
