"""Every metric of the operator, as data: the registry, the docs and the tests read this list."""

from __future__ import annotations

from espalier.errors import TREATMENTS
from espalier.metrics.metric import Metric, MetricSource, MetricType

_STUDY = ("namespace", "study")
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PODS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0)
_WAITS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
_ROWS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0)


def _snapshot(name: str, kind: MetricType, labels: tuple[str, ...], help_: str) -> Metric:
    return Metric(name, kind, MetricSource.SNAPSHOT, labels, help_)


def _counter(
    name: str, labels: tuple[str, ...], help_: str, preset: tuple[str, ...] = ()
) -> Metric:
    return Metric(name, MetricType.COUNTER, MetricSource.OBSERVED, labels, help_, preset=preset)


def _histogram(
    name: str, labels: tuple[str, ...], help_: str, buckets: tuple[float, ...] = _FAST
) -> Metric:
    return Metric(name, MetricType.HISTOGRAM, MetricSource.OBSERVED, labels, help_, buckets)


def _cost(name: str, verb: str, used: str, saved: str) -> tuple[Metric, ...]:
    estimate = f"{name}_saved_estimate"
    return (
        _snapshot(f"{name}_{verb}_total", MetricType.COUNTER, _STUDY, used),
        _snapshot(estimate, MetricType.GAUGE, _STUDY, saved),
        _snapshot(
            f"{estimate}_bound", MetricType.GAUGE, (*_STUDY, "bound"), f"The band of {estimate}."
        ),
    )


_STUDIES = (
    _snapshot(
        "espalier_study_info",
        MetricType.GAUGE,
        (*_STUDY, "pruner", "direction"),
        "1 for each Study, with what tells it apart.",
    ),
    _snapshot("espalier_trials", MetricType.GAUGE, (*_STUDY, "phase"), "Trials by phase."),
    _snapshot(
        "espalier_trial_endings_total",
        MetricType.COUNTER,
        (*_STUDY, "reason"),
        "Trials that ended, by the reason of their Finished condition.",
    ),
    _snapshot(
        "espalier_prunings_total",
        MetricType.COUNTER,
        (*_STUDY, "pruner", "reason"),
        "Decisions to prune a trial, by the pruner that took them and its reason.",
    ),
    _snapshot(
        "espalier_study_condition",
        MetricType.GAUGE,
        (*_STUDY, "type", "status"),
        "1 for the status that a condition of the Study has, 0 for the others.",
    ),
    _snapshot(
        "espalier_trials_unheard",
        MetricType.GAUGE,
        _STUDY,
        "Trials whose trainer runs and of which no value has come in good time.",
    ),
    *_cost(
        "espalier_gpu_seconds",
        "used",
        "GPU-seconds that the Study's trials have held, in all their attempts.",
        "GPU-seconds that pruned trials would still have held (an estimate).",
    ),
    *_cost(
        "espalier_trial_seconds",
        "used",
        "Seconds for which the Study's trials have held a node, in all their attempts.",
        "Seconds for which pruned trials would still have held a node (an estimate).",
    ),
    *_cost(
        "espalier_steps",
        "done",
        "Steps that the Study's trials have done.",
        "Steps that pruned trials would still have done (an estimate).",
    ),
    _snapshot(
        "espalier_best_value",
        MetricType.GAUGE,
        _STUDY,
        "Last value of the best completed trial so far, in the objective's own sign.",
    ),
    _snapshot(
        "espalier_best_expected_value",
        MetricType.GAUGE,
        _STUDY,
        "What that value would be on the mean, but for the noise from step to step.",
    ),
    _snapshot(
        "espalier_best_expected_value_bound",
        MetricType.GAUGE,
        (*_STUDY, "bound"),
        "Bounds of the 90 % interval of espalier_best_expected_value.",
    ),
    _snapshot(
        "espalier_best_sure_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Probability that no other completed trial has a better expected value, 0 to 1.",
    ),
    _snapshot(
        "espalier_best_mean",
        MetricType.GAUGE,
        _STUDY,
        "Mean of the best trial's repeats, which has named it; there once finalists were rerun.",
    ),
    _snapshot(
        "espalier_best_mean_bound",
        MetricType.GAUGE,
        (*_STUDY, "bound"),
        "Bounds of the 95 % interval of espalier_best_mean.",
    ),
    _snapshot(
        "espalier_pruning_risk_stated_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Chance of losing the best trial that the Study allows its pruner, 0 to 1.",
    ),
    _snapshot(
        "espalier_pruning_risk_spent_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Part of that chance that prunings have used up, 0 to 1.",
    ),
    _snapshot(
        "espalier_false_prune_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Share of prunings that end a trial that would have won, told by exempt trials, 0 to 1.",
    ),
    _snapshot(
        "espalier_false_prune_ratio_bound",
        MetricType.GAUGE,
        (*_STUDY, "bound"),
        "Bounds of the 95 % interval of espalier_false_prune_ratio.",
    ),
    _snapshot(
        "espalier_pruning_breaker_open",
        MetricType.GAUGE,
        _STUDY,
        "1 while the circuit breaker holds back prunings, else 0.",
    ),
    _snapshot(
        "espalier_study_budget_used_ratio",
        MetricType.GAUGE,
        (*_STUDY, "limit", "bound"),
        "Share that is used of a limit of spec.budget, soft or hard: 1 and more, it is met.",
    ),
    _snapshot(
        "espalier_shadow_prunings_total",
        MetricType.COUNTER,
        (*_STUDY, "shadow"),
        "Trials, exempt ones left out, that a shadow pruner would have pruned; it only watches.",
    ),
)

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
    _snapshot("espalier_store_size_bytes", MetricType.GAUGE, (), "Size of the store on disk."),
    _snapshot(
        "espalier_store_volume_bytes",
        MetricType.GAUGE,
        (),
        "Size of the file system that the store lies on; absent for a database server.",
    ),
    _snapshot(
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
    _snapshot("espalier_queue_depth", MetricType.GAUGE, (), "Studies that wait to be reconciled."),
    _snapshot(
        "espalier_queue_oldest_age_seconds",
        MetricType.GAUGE,
        (),
        "Time that the Study that waits longest has waited, 0 where none waits.",
    ),
    _snapshot(
        "espalier_watch_age_seconds",
        MetricType.GAUGE,
        ("resource",),
        "Time since the watch of a resource was last opened, or showed an event.",
    ),
    _snapshot(
        "espalier_namespaces",
        MetricType.GAUGE,
        ("lease",),
        "Namespaces with work to do, by how it stands with their Leases.",
    ),
    _snapshot(
        "espalier_list_age_seconds",
        MetricType.GAUGE,
        ("resource",),
        "Time since all objects of a resource were last listed.",
    ),
    _snapshot(
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
    _snapshot(
        "espalier_build_info",
        MetricType.GAUGE,
        ("version", "python"),
        "1, with the versions that run.",
    ),
)

SECTIONS: dict[str, tuple[Metric, ...]] = {
    "Studies": _STUDIES,
    "Reports and decisions": _REPORTS,
    "Store": _STORE,
    "Proposals": _PROPOSALS,
    "Reconciliation and the Kubernetes API": _CONTROL,
}

METRICS: tuple[Metric, ...] = tuple(metric for section in SECTIONS.values() for metric in section)
BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}
