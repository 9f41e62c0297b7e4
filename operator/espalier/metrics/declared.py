"""Every metric of the operator, as data: the registry, the docs and the tests read this list."""

from __future__ import annotations

from espalier.errors import TREATMENTS
from espalier.metrics.declared_studies import STUDIES
from espalier.metrics.metric import Metric, MetricSource, MetricType, snapshot

_STUDY = ("namespace", "study")
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PODS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
_COARSE = (0.01, 0.05, 0.25, 1.0, 5.0)
_WAITS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
_ROWS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


def _counter(
    name: str, labels: tuple[str, ...], help_: str, preset: tuple[str, ...] = ()
) -> Metric:
    return Metric(name, MetricType.COUNTER, MetricSource.OBSERVED, labels, help_, preset=preset)


def _histogram(
    name: str, labels: tuple[str, ...], help_: str, buckets: tuple[float, ...] = _FAST
) -> Metric:
    return Metric(name, MetricType.HISTOGRAM, MetricSource.OBSERVED, labels, help_, buckets)


_REPORTS = (
    _counter(
        "espalier_reports_total",
        (*_STUDY, "receipt"),
        "Reported values of authenticated trials, by what became of them.",
    ),
    _counter(
        "espalier_judging_seconds_total",
        _STUDY,
        "Time that the operator spent on judging and storing a Study's values.",
    ),
    _histogram(
        "espalier_study_report_duration_seconds",
        _STUDY,
        "From a post's arrival until the Study's values in it were committed.",
        _COARSE,
    ),
    _counter(
        "espalier_limits_reached_total",
        (*_STUDY, "limit"),
        "Posts of a Study's pods that were refused because it had reached a limit.",
    ),
    _counter(
        "espalier_report_requests_total", ("code",), "Posts to ingest, by answer.", ("Accepted",)
    ),
    _histogram(
        "espalier_report_request_duration_seconds",
        (),
        "Time that ingest took to answer a post, commit included.",
    ),
    _histogram(
        "espalier_report_to_decision_seconds",
        (),
        "From a post's arrival until the decision to prune that it caused was committed.",
    ),
    _histogram(
        "espalier_decision_to_delete_seconds",
        (),
        "From a committed decision to prune until the API server accepted the Job's deletion.",
    ),
    _histogram(
        "espalier_decision_to_pod_gone_seconds",
        (),
        "From a committed decision to prune until the trial's pods were gone.",
        _PODS,
    ),
    _counter(
        "espalier_tokenreviews_total",
        ("result",),
        "TokenReviews asked of the API server.",
        ("Accepted", "Refused", "Unavailable"),
    ),
    _counter(
        "espalier_token_checks_total",
        ("check",),
        "Tokens that ingest did not know yet, by how they were checked.",
        ("Keys", "KeysRefused", "Asked"),
    ),
    _counter(
        "espalier_connections_cut_total",
        ("why",),
        "Connections to ingest that were refused or given up.",
        ("TooFast", "TooMany", "NoHandshake", "Silent"),
    ),
)

_STORE = (
    _histogram(
        "espalier_store_commit_duration_seconds",
        (),
        "Time of a commit, fsync included.",
    ),
    _histogram("espalier_store_commit_rows", (), "Rows that one commit wrote.", _ROWS),
    _counter("espalier_store_commit_errors_total", (), "Commits to the store that failed."),
    snapshot("espalier_store_size_bytes", MetricType.GAUGE, (), "Size of the store on disk."),
    snapshot(
        "espalier_store_volume_bytes",
        MetricType.GAUGE,
        (),
        "Size of the file system that the store lies on; absent for a database server.",
    ),
    snapshot(
        "espalier_store_volume_free_bytes",
        MetricType.GAUGE,
        (),
        "What is free of the file system that the store lies on.",
    ),
)

_PROPOSALS = (
    _histogram(
        "espalier_proposal_seconds",
        ("sampler",),
        "Time that it took to choose a trial's parameters, in whatever process.",
    ),
    _counter(
        "espalier_sampler_failures_total",
        ("sampler", "how"),
        "Proposals that were drawn at random since the sampler failed, by how it did.",
    ),
)

_CONTROL = (
    _histogram(
        "espalier_reconcile_duration_seconds",
        (),
        "Time of one reconciliation of a Study: snapshot, plan, apply.",
    ),
    _counter(
        "espalier_reconcile_errors_total",
        ("treatment",),
        "Reconciliations that failed, by how the failure is treated.",
        tuple(each.__name__ for each in TREATMENTS),
    ),
    snapshot("espalier_queue_depth", MetricType.GAUGE, (), "Studies that wait to be reconciled."),
    snapshot(
        "espalier_queue_oldest_age_seconds",
        MetricType.GAUGE,
        (),
        "Time that the Study that waits longest has waited, 0 where none waits.",
    ),
    snapshot(
        "espalier_watch_age_seconds",
        MetricType.GAUGE,
        ("resource",),
        "Time since the watch of a resource was last opened, or showed an event.",
    ),
    snapshot(
        "espalier_namespaces",
        MetricType.GAUGE,
        ("lease",),
        "Namespaces with work to do, by how it stands with their Leases.",
    ),
    snapshot(
        "espalier_list_age_seconds",
        MetricType.GAUGE,
        ("resource",),
        "Time since all objects of a resource were last listed.",
    ),
    snapshot(
        "espalier_watch_restarts_total",
        MetricType.COUNTER,
        (),
        "Times that the watches of all resources ended and were begun anew.",
    ),
    _counter(
        "espalier_api_requests_total",
        ("verb", "resource", "code"),
        "Requests to the Kubernetes API, by answer.",
    ),
    _histogram(
        "espalier_api_request_duration_seconds",
        ("verb",),
        "Time of a request to the Kubernetes API, watches aside.",
    ),
    _histogram(
        "espalier_api_wait_seconds",
        ("rank",),
        "Time that a request to the Kubernetes API waited for its turn under `--qps`.",
        _WAITS,
    ),
    snapshot(
        "espalier_build_info",
        MetricType.GAUGE,
        ("version", "python"),
        "1, with the versions that run.",
    ),
)

SECTIONS: dict[str, tuple[Metric, ...]] = {
    "Studies": STUDIES,
    "Reports and decisions": _REPORTS,
    "Store": _STORE,
    "Proposals": _PROPOSALS,
    "Reconciliation and the Kubernetes API": _CONTROL,
}

METRICS: tuple[Metric, ...] = tuple(metric for section in SECTIONS.values() for metric in section)
BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}
