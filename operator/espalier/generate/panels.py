"""The dashboard's panels, as data: what each asks Prometheus, and what its answer means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Look(StrEnum):
    """Grafana's panel types that are used here."""

    TIME = "timeseries"
    STAT = "stat"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression and the legend of its series."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: a question, the queries that answer it, and how they are drawn.

    Parameters
    ----------
    repeat
        A variable of the dashboard for each value of which the panel is drawn.
    """

    title: str
    help: str
    queries: tuple[Query, ...]
    unit: str = "short"
    look: Look = Look.TIME
    width: int = 8
    stacked: bool = False
    stepped: bool = False
    repeat: str = ""


SELECTED = '{namespace=~"$namespace", study=~"$study"}'
SELECTED_INFO = (
    'espalier_study_info{namespace=~"$namespace", study=~"$study", objective=~"$objective"}'
)
STUDY = "namespace, study"
"""What tells a study apart: studies of two namespaces may have the same name."""
NAMED = "{{namespace}}/{{study}}"


def quantiles(metric: str) -> tuple[Query, ...]:
    """Ask a histogram for its median, 90th and 99th percentile."""
    return tuple(
        Query(
            f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket[$__rate_interval])))",
            f"p{round(q * 100)}",
        )
        for q in (0.5, 0.9, 0.99)
    )


def of_studies(metric: str, by: str) -> str:
    """Sum a metric of the selected studies by some of its labels."""
    return f"sum by ({by}) ({metric}{SELECTED})"


def rate_of(metric: str, by: str, selected: str = "") -> str:
    """Rate of a counter per second, by some of its labels."""
    return f"sum by ({by}) (rate({metric}{selected}[$__rate_interval]))"


_RUNS = (
    Panel(
        "Trials now",
        "How many trials are in which phase.",
        (Query(of_studies("espalier_trials", "phase"), "{{phase}}"),),
        look=Look.STAT,
    ),
    Panel(
        "Trials by phase",
        "Running trials hold their GPUs; pending ones wait for a node or a slot.",
        (Query(of_studies("espalier_trials", "phase"), "{{phase}}"),),
        stacked=True,
    ),
    Panel(
        "Endings by reason",
        "Why trials ended, since their studies began.",
        (Query(of_studies("espalier_trial_endings_total", "reason"), "{{reason}}"),),
        stacked=True,
        stepped=True,
    ),
    Panel(
        "Studies",
        "What each study optimises, by which pruner, and its best result so far.",
        (
            Query(of_studies("espalier_study_info", f"{STUDY}, direction, objective, pruner"), ""),
            Query(of_studies("espalier_best_value", STUDY), ""),
        ),
        look=Look.TABLE,
        width=12,
    ),
    Panel(
        "Conditions that are true",
        "Degraded: something is in the way; kubectl describe study says what.",
        (
            Query(
                f"sum by ({STUDY}, type) (espalier_study_condition"
                '{namespace=~"$namespace", study=~"$study", status="True"}) == 1',
                "",
            ),
        ),
        look=Look.TABLE,
        width=12,
    ),
    Panel(
        "Best result: $objective",
        "Last value of each study's best completed trial so far, in the objective's own sign.",
        (
            Query(
                f"{of_studies('espalier_best_value', STUDY)} and on (namespace, study) "
                f"{SELECTED_INFO}",
                NAMED,
            ),
        ),
        width=24,
        stepped=True,
        repeat="objective",
    ),
)

_PRUNED = (
    Panel(
        "Prunings by reason",
        "Decisions to prune, since the studies began, by pruner and reason.",
        (Query(of_studies("espalier_prunings_total", "pruner, reason"), "{{pruner}}: {{reason}}"),),
        stacked=True,
        stepped=True,
    ),
    Panel(
        "Risk of losing the best trial",
        "What the study allows its pruner, and what prunings have used up of it.",
        (
            Query(f"espalier_pruning_risk_stated_ratio{SELECTED}", f"{NAMED}: stated"),
            Query(f"espalier_pruning_risk_spent_ratio{SELECTED}", f"{NAMED}: spent"),
        ),
        unit="percentunit",
        stepped=True,
    ),
    Panel(
        "False prunes, measured on exempt trials",
        "Share of the exempt trials that a prune would have wronged, with its 95 % interval.",
        (
            Query(f"espalier_false_prune_ratio{SELECTED}", NAMED),
            Query(f"espalier_false_prune_ratio_bound{SELECTED}", f"{NAMED}: {{{{bound}}}}"),
        ),
        unit="percentunit",
    ),
    Panel(
        "Shadow pruners",
        "Trials that a pruner which only watches would have pruned.",
        (
            Query(
                of_studies("espalier_shadow_prunings_total", f"{STUDY}, shadow"),
                f"{NAMED}: {{{{shadow}}}}",
            ),
        ),
        width=12,
        stepped=True,
    ),
    Panel(
        "Circuit breaker",
        "1 while too many prunings at once hold further ones back.",
        (Query(f"espalier_pruning_breaker_open{SELECTED}", NAMED),),
        width=12,
        stepped=True,
    ),
)


def _cost(title: str, unit: str, name: str, verb: str, help_: str) -> Panel:
    """Ask for what was used of something, and what pruning has saved of it, with its band."""
    return Panel(
        title,
        f"{help_} What is saved is an estimate by the completed trials, with its band: absent "
        "where none has completed.",
        (
            Query(f"sum({name}_{verb}_total{SELECTED})", verb),
            Query(f"sum({name}_saved_estimate{SELECTED})", "saved (estimate)"),
            Query(
                f"sum by (bound) ({name}_saved_estimate_bound{SELECTED})", "saved, {{bound}} bound"
            ),
        ),
        unit=unit,
    )


_COSTS = (
    Panel(
        "GPU time now",
        "GPU-seconds that trials have used, and that pruning has saved (an estimate).",
        (
            Query(f"sum(espalier_gpu_seconds_used_total{SELECTED})", "used"),
            Query(f"sum(espalier_gpu_seconds_saved_estimate{SELECTED})", "saved (estimate)"),
        ),
        unit="s",
        look=Look.STAT,
    ),
    _cost("GPU time", "s", "espalier_gpu_seconds", "used", "GPU-seconds of all attempts."),
    Panel(
        "GPUs in use",
        "GPU-seconds a second: the GPUs that trials hold.",
        (Query(rate_of("espalier_gpu_seconds_used_total", STUDY, SELECTED), NAMED),),
        stacked=True,
    ),
    Panel(
        "Trial time now",
        "Seconds for which trials have held nodes, and that pruning has saved (an estimate).",
        (
            Query(f"sum(espalier_trial_seconds_used_total{SELECTED})", "used"),
            Query(f"sum(espalier_trial_seconds_saved_estimate{SELECTED})", "saved (estimate)"),
        ),
        unit="s",
        look=Look.STAT,
    ),
    _cost("Trial time", "s", "espalier_trial_seconds", "used", "Time of pods on their nodes."),
    _cost("Steps", "short", "espalier_steps", "done", "In the units of each study's resource."),
)

_WAY = (
    Panel(
        "Report to decision",
        "From a post's arrival until the prune that it caused is committed.",
        quantiles("espalier_report_to_decision_seconds"),
        unit="s",
    ),
    Panel(
        "Decision to deletion",
        "Until the API server has accepted the deletion of the trial's Job.",
        quantiles("espalier_decision_to_delete_seconds"),
        unit="s",
    ),
    Panel(
        "Decision to pod gone",
        "Until the trial's pods are gone and its GPUs free: mostly the pod's grace period.",
        quantiles("espalier_decision_to_pod_gone_seconds"),
        unit="s",
    ),
)

_INGEST = (
    Panel(
        "Values a second",
        "Reported values by what became of them, and posts refused because of a limit.",
        (
            Query(rate_of("espalier_reports_total", "receipt", SELECTED), "{{receipt}}"),
            Query(
                rate_of("espalier_limits_reached_total", "limit", SELECTED)
                + ' or label_replace(vector(0), "limit", "none reached", "", "")',
                "limit: {{limit}}",
            ),
        ),
        unit="cps",
        width=6,
    ),
    Panel(
        "Posts a second",
        "Posts of sidecars by answer, and connections that were cut off; anything but Accepted is "
        "worth a look.",
        (
            Query(rate_of("espalier_report_requests_total", "code"), "{{code}}"),
            Query(rate_of("espalier_connections_cut_total", "why"), "connection cut: {{why}}"),
        ),
        unit="reqps",
        width=6,
    ),
    Panel(
        "Time to answer a post",
        "Commit included: what is answered is stored.",
        quantiles("espalier_report_request_duration_seconds"),
        unit="s",
        width=6,
    ),
    Panel(
        "TokenReviews a second",
        "Unavailable: the API server could not be asked, and the sidecar tries again. Most tokens "
        "are checked by the API server's keys, without a question.",
        (
            Query(rate_of("espalier_tokenreviews_total", "result"), "{{result}}"),
            Query(rate_of("espalier_token_checks_total", "check"), "checked by: {{check}}"),
        ),
        unit="reqps",
        width=6,
    ),
    Panel(
        "Time spent on judging",
        "Part of the operator's one processor, by study; see docs/reference/limits.md.",
        (
            Query(
                rate_of("espalier_judging_seconds_total", "namespace, study", SELECTED),
                NAMED,
            ),
        ),
        unit="percentunit",
        width=6,
    ),
    Panel(
        "Time of a commit",
        "To the store, fsync included.",
        quantiles("espalier_store_commit_duration_seconds"),
        unit="s",
        width=6,
    ),
    Panel(
        "Rows a commit",
        "Commits are shared by what arrives together.",
        quantiles("espalier_store_commit_rows"),
        width=6,
    ),
    Panel(
        "Store size",
        "On disk, and what is left of its volume.",
        (
            Query("sum(espalier_store_size_bytes)", "size"),
            Query("min(espalier_store_volume_free_bytes)", "free"),
            Query("max(espalier_store_volume_bytes)", "volume"),
        ),
        unit="bytes",
        width=6,
    ),
    Panel(
        "Failed commits a second",
        "Sidecars keep what could not be committed, and try again.",
        (Query("sum(rate(espalier_store_commit_errors_total[$__rate_interval]))", "failed"),),
        unit="cps",
        width=6,
    ),
)

_CONTROL = (
    Panel(
        "Time of a reconciliation",
        "One study: snapshot, plan, apply.",
        quantiles("espalier_reconcile_duration_seconds"),
        unit="s",
    ),
    Panel(
        "Failed reconciliations a second",
        "SpecError: fix the Study. RetryLater: tried again. InternalError: a bug of Espalier's.",
        (Query(rate_of("espalier_reconcile_errors_total", "treatment"), "{{treatment}}"),),
        unit="cps",
    ),
    Panel(
        "Queue",
        "Studies that wait to be reconciled, and for how long the first of them has waited.",
        (
            Query("sum(espalier_queue_depth)", "waiting"),
            Query("max(espalier_queue_oldest_age_seconds)", "oldest (s)"),
        ),
    ),
    Panel(
        "Age of watches and lists",
        "Time since each watch showed a sign of life, and since each list. A watch that is too old "
        "while lists come has the operator restarted.",
        (
            Query("max by (resource) (espalier_watch_age_seconds)", "watch of {{resource}}"),
            Query("max by (resource) (espalier_list_age_seconds)", "list of {{resource}}"),
            Query("sum(increase(espalier_watch_restarts_total[5m]))", "restarts in 5 min"),
        ),
        unit="s",
    ),
    Panel(
        "Namespaces",
        "Namespaces with work to do, by how it stands with their Leases: in a Foreign one another "
        "operator works.",
        (Query("sum by (lease) (espalier_namespaces)", "{{lease}}"),),
    ),
    Panel(
        "API requests a second",
        "The operator's requests to the Kubernetes API.",
        (
            Query(
                rate_of("espalier_api_requests_total", "verb, resource, code"),
                "{{verb}} {{resource}}: {{code}}",
            ),
        ),
        unit="reqps",
    ),
    Panel(
        "Time of an API request",
        "Watches aside; and how long 99 % of requests had waited for their turn under --qps.",
        (
            *quantiles("espalier_api_request_duration_seconds"),
            Query(
                "histogram_quantile(0.99, sum by (le, rank) "
                "(rate(espalier_api_wait_seconds_bucket[$__rate_interval])))",
                "{{rank}} waited",
            ),
        ),
        unit="s",
    ),
    Panel(
        "Memory",
        "Resident memory of the operator.",
        (
            Query(
                "process_resident_memory_bytes and on (instance, job) espalier_build_info",
                "{{instance}}",
            ),
        ),
        unit="bytes",
    ),
    Panel(
        "Processor",
        "Cores that the operator uses.",
        (
            Query(
                "rate(process_cpu_seconds_total[$__rate_interval])"
                " and on (instance, job) espalier_build_info",
                "{{instance}}",
            ),
        ),
    ),
    Panel(
        "Version",
        "What runs.",
        (Query("espalier_build_info", "{{version}} (Python {{python}})"),),
        look=Look.STAT,
    ),
)

ROWS: dict[str, tuple[Panel, ...]] = {
    "What runs": _RUNS,
    "What is pruned, and why": _PRUNED,
    "What it cost, and what pruning saved": _COSTS,
    "From a report to a freed GPU": _WAY,
    "Ingest and store": _INGEST,
    "The operator": _CONTROL,
}
