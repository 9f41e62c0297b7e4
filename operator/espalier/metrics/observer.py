"""What the other layers tell: one method for each thing that is counted as it happens."""

from __future__ import annotations

import threading

from prometheus_client import CollectorRegistry, Counter, Histogram

from espalier.errors import treatment
from espalier.metrics.declared import BY_NAME, METRICS
from espalier.metrics.exemplar import exemplar_of
from espalier.metrics.metric import MetricSource, MetricType


class Observer:
    """Counts what happens; safe to call from any thread, and cheap (a few microseconds).

    Layers below or beside `espalier.metrics` do not import it: they take a bound method as a
    callable (``on_commit=observer.store_committed``). All durations are in seconds.

    Parameters
    ----------
    registry : CollectorRegistry
        Where the counters and histograms are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lock = threading.Lock()
        # The label values of each study's series, by metric: they go with the study.
        self._of_study: dict[tuple[str, str], set[tuple[str, tuple[str, ...]]]] = {}
        self._latencies: dict[tuple[str, str], Histogram] = {}
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in METRICS:
            if metric.source is not MetricSource.OBSERVED:
                continue
            if metric.kind is MetricType.COUNTER:
                self._counters[metric.name] = Counter(
                    metric.name, metric.help, metric.labels, registry=registry
                )
                for value in metric.preset:
                    self._counters[metric.name].labels(value)
            else:
                self._histograms[metric.name] = Histogram(
                    metric.name,
                    metric.help,
                    metric.labels,
                    registry=registry,
                    buckets=metric.buckets,
                )

    def _count(self, name: str, *labels: str, by: float = 1) -> None:
        counter = self._counters[name]
        (counter.labels(*labels) if labels else counter).inc(by)

    def _count_of_study(
        self, name: str, namespace: str, study: str, *more: str, by: float = 1
    ) -> None:
        with self._lock:
            self._of_study.setdefault((namespace, study), set()).add((name, more))
            self._count(name, namespace, study, *more, by=by)

    def _time(self, name: str, seconds: float, *labels: str, trial: str = "") -> None:
        histogram = self._histograms[name]
        (histogram.labels(*labels) if labels else histogram).observe(
            max(0.0, seconds), exemplar_of(trial) if trial else None
        )

    # -- ingest ---------------------------------------------------------------------------

    def report_answered(self, code: str, seconds: float, trial: str = "") -> None:
        """Ingest answered a post: `code` is ``Accepted`` or the error's code.

        Whose it was is told where it was accepted, as ``NAMESPACE/NAME``; so it is below.
        """
        self._count("espalier_report_requests_total", code)
        self._time("espalier_report_request_duration_seconds", seconds, trial=trial)

    def values_received(self, namespace: str, study: str, receipt: str, count: int = 1) -> None:
        """`count` values of a study were treated alike (a `Receipt`'s value)."""
        self._count_of_study("espalier_reports_total", namespace, study, receipt, by=count)

    def values_judged(self, namespace: str, study: str, seconds: float) -> None:
        """Values of a study were judged, which took so long."""
        self._count_of_study("espalier_judging_seconds_total", namespace, study, by=seconds)

    def report_taken(self, namespace: str, study: str, seconds: float) -> None:
        """Values of a study were committed, so long after their post arrived."""
        # Each post comes here: to find the study's own series again costs more than to count.
        kept = self._latencies.get((namespace, study)) or self._latency(namespace, study)
        kept.observe(max(0.0, seconds))

    def _latency(self, namespace: str, study: str) -> Histogram:
        name = "espalier_study_report_duration_seconds"
        with self._lock:
            self._of_study.setdefault((namespace, study), set()).add((name, ()))
            kept = self._histograms[name].labels(namespace, study)
            self._latencies[namespace, study] = kept
        return kept

    def limit_reached(self, namespace: str, study: str, limit: str) -> None:
        """A post was refused because its study reached a limit (docs/reference/limits.md)."""
        self._count_of_study("espalier_limits_reached_total", namespace, study, limit)

    def token_reviewed(self, result: str) -> None:
        """The API server was asked about a token: ``Accepted``, ``Refused``, ``Unavailable``."""
        self._count("espalier_tokenreviews_total", result)

    def token_checked(self, check: str) -> None:
        """An unknown token was checked: ``Keys``, ``KeysRefused`` or ``Asked``."""
        self._count("espalier_token_checks_total", check)

    def connection_cut(self, why: str) -> None:
        """A connection was refused or given up: see the label `why`."""
        self._count("espalier_connections_cut_total", why)

    # -- from a report to a freed GPU -----------------------------------------------------

    def prune_decided(self, seconds: float, trial: str = "") -> None:
        """A decision to prune was committed, so long after its report arrived."""
        self._time("espalier_report_to_decision_seconds", seconds, trial=trial)

    def delete_accepted(self, seconds: float, trial: str = "") -> None:
        """The API server accepted a pruned trial's deletion, so long after the decision."""
        self._time("espalier_decision_to_delete_seconds", seconds, trial=trial)

    def pod_gone(self, seconds: float, trial: str = "") -> None:
        """A pruned trial's pods are gone, so long after the decision."""
        self._time("espalier_decision_to_pod_gone_seconds", seconds, trial=trial)

    # -- store ----------------------------------------------------------------------------

    def store_committed(self, seconds: float, rows: int) -> None:
        """A commit wrote `rows` rows."""
        self._time("espalier_store_commit_duration_seconds", seconds)
        self._time("espalier_store_commit_rows", rows)

    def store_failed(self) -> None:
        """A commit failed."""
        self._count("espalier_store_commit_errors_total")

    # -- proposals --------------------------------------------------------------------------

    def proposal_made(self, sampler: str, seconds: float) -> None:
        """A proposal was worked out, which took so long."""
        self._time("espalier_proposal_seconds", seconds, sampler)

    def sampler_failed(self, sampler: str, how: str) -> None:
        """A sampler proposed nothing: see the label `how`."""
        self._count("espalier_sampler_failures_total", sampler, how)

    # -- reconciliation and the Kubernetes API ----------------------------------------------

    def reconciled(self, seconds: float) -> None:
        """A study was reconciled, with or without an error."""
        self._time("espalier_reconcile_duration_seconds", seconds)

    def reconcile_failed(self, error: BaseException) -> None:
        """A reconciliation failed by this error: it is counted by how it is treated."""
        self._count("espalier_reconcile_errors_total", treatment(error).__name__)

    def api_answered(self, verb: str, resource: str, code: int | None, seconds: float) -> None:
        """The Kubernetes API answered a request; `code` is None where no answer came."""
        answer = "NoAnswer" if code is None else str(code)
        self._count("espalier_api_requests_total", verb, resource, answer)
        if verb != "watch":
            self._time("espalier_api_request_duration_seconds", seconds, verb)

    def api_waited(self, rank: str, seconds: float) -> None:
        """A request waited so long for its turn; `rank` is a `espalier.kube.Rank`'s value."""
        self._time("espalier_api_wait_seconds", seconds, rank)

    # -- endings ----------------------------------------------------------------------------

    def forget(self, namespace: str, study: str) -> None:
        """The study is deleted: its series go away."""
        with self._lock:
            self._latencies.pop((namespace, study), None)
            for name, more in self._of_study.pop((namespace, study), ()):
                kept: Counter | Histogram = self._counters.get(name) or self._histograms[name]
                kept.remove(namespace, study, *more)


assert set(BY_NAME) == {metric.name for metric in METRICS}, "a metric is declared twice"
