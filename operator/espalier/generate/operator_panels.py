"""What the dashboard shows of the operator: from a report to a freed GPU, and its health."""

from __future__ import annotations

from espalier.generate.panels import (
    NAMED,
    NO_STUDY,
    NOTHING_TIMED,
    SELECTED,
    Panel,
    lines,
    quantiles,
    query,
    rate_of,
    words,
)

_WAY = (
    lines(
        "Report to decision",
        "From a post's arrival until the prune that it caused is committed.",
        quantiles("espalier_report_to_decision_seconds"),
        unit="s",
        empty=NOTHING_TIMED,
    ),
    lines(
        "Decision to deletion",
        "Until the API server has accepted the deletion of the trial's Job.",
        quantiles("espalier_decision_to_delete_seconds"),
        unit="s",
        empty=NOTHING_TIMED,
    ),
    lines(
        "Decision to pod gone",
        "Until the trial's pods are gone and its GPUs free: mostly the pod's grace period.",
        quantiles("espalier_decision_to_pod_gone_seconds"),
        unit="s",
        empty=NOTHING_TIMED,
    ),
)

_INGEST = (
    lines(
        "Values a second",
        "Reported values by what became of them, and posts refused because of a limit.",
        (
            query(rate_of("espalier_reports_total", "receipt", SELECTED), "{{receipt}}"),
            query(
                rate_of("espalier_limits_reached_total", "limit", SELECTED)
                + ' or label_replace(vector(0), "limit", "none reached", "", "")',
                "limit: {{limit}}",
            ),
        ),
        unit="cps",
        width=6,
    ),
    lines(
        "Posts a second",
        "Posts of sidecars by answer, and connections that were cut off; anything but Accepted is "
        "worth a look.",
        (
            query(rate_of("espalier_report_requests_total", "code"), "{{code}}"),
            query(rate_of("espalier_connections_cut_total", "why"), "connection cut: {{why}}"),
        ),
        unit="reqps",
        width=6,
    ),
    lines(
        "Time to answer a post",
        "Commit included: what is answered is stored.",
        quantiles("espalier_report_request_duration_seconds"),
        unit="s",
        width=6,
        empty=NOTHING_TIMED,
    ),
    lines(
        "TokenReviews a second",
        "Unavailable: the API server could not be asked, and the sidecar tries again. Most tokens "
        "are checked by the API server's keys, without a question.",
        (
            query(rate_of("espalier_tokenreviews_total", "result"), "{{result}}"),
            query(rate_of("espalier_token_checks_total", "check"), "checked by: {{check}}"),
        ),
        unit="reqps",
        width=6,
    ),
    lines(
        "Time spent on judging",
        "Part of the operator's one processor, by study; see docs/reference/limits.md.",
        (
            query(
                rate_of("espalier_judging_seconds_total", "namespace, study", SELECTED),
                NAMED,
            ),
        ),
        unit="percentunit",
        width=6,
        empty=NO_STUDY,
        linked=True,
    ),
    lines(
        "Time spent on proposals",
        "Part of one processor's time, by sampler, apart from the loop; where a sampler fails the "
        "trial is drawn at random.",
        (
            query(
                rate_of("espalier_proposal_seconds_sum", "sampler")
                + ' or label_replace(vector(0), "sampler", "none asked", "", "")',
                "{{sampler}}",
            ),
            query(
                rate_of("espalier_sampler_failures_total", "how")
                + ' or label_replace(vector(0), "how", "none", "", "")',
                "failures a second: {{how}}",
            ),
        ),
        unit="percentunit",
        width=6,
    ),
    lines(
        "Time of a commit",
        "To the store, fsync included.",
        quantiles("espalier_store_commit_duration_seconds"),
        unit="s",
        width=6,
        empty=NOTHING_TIMED,
    ),
    lines(
        "Rows a commit",
        "Commits are shared by what arrives together.",
        quantiles("espalier_store_commit_rows"),
        width=6,
        empty=NOTHING_TIMED,
    ),
    lines(
        "Store size",
        "On disk, and what is left of its volume.",
        (
            query("sum(espalier_store_size_bytes)", "size"),
            query("min(espalier_store_volume_free_bytes)", "free"),
            query("max(espalier_store_volume_bytes)", "volume"),
        ),
        unit="bytes",
        width=6,
    ),
    lines(
        "Failed commits a second",
        "Sidecars keep what could not be committed, and try again.",
        (query("sum(rate(espalier_store_commit_errors_total[$__rate_interval]))", "failed"),),
        unit="cps",
        width=6,
    ),
)

_CONTROL = (
    lines(
        "Time of a reconciliation",
        "One study: snapshot, plan, apply.",
        quantiles("espalier_reconcile_duration_seconds"),
        unit="s",
        empty=NOTHING_TIMED,
    ),
    lines(
        "Failed reconciliations a second",
        "SpecError: fix the Study. RetryLater: tried again. InternalError: a bug of Espalier's.",
        (query(rate_of("espalier_reconcile_errors_total", "treatment"), "{{treatment}}"),),
        unit="cps",
    ),
    lines(
        "Queue",
        "Studies that wait to be reconciled, and for how long the first of them has waited.",
        (
            query("sum(espalier_queue_depth)", "waiting"),
            query("max(espalier_queue_oldest_age_seconds)", "oldest (s)"),
        ),
    ),
    lines(
        "Age of watches and lists",
        "Time since each watch showed a sign of life, and since each list. A watch that is too old "
        "while lists come has the operator restarted.",
        (
            query("max by (resource) (espalier_watch_age_seconds)", "watch of {{resource}}"),
            query("max by (resource) (espalier_list_age_seconds)", "list of {{resource}}"),
            query("sum(increase(espalier_watch_restarts_total[5m]))", "restarts in 5 min"),
        ),
        unit="s",
    ),
    lines(
        "Namespaces",
        "Namespaces with work to do, by how it stands with their Leases: in a Foreign one another "
        "operator works.",
        (query("sum by (lease) (espalier_namespaces)", "{{lease}}"),),
    ),
    lines(
        "API requests a second",
        "The operator's requests to the Kubernetes API.",
        (
            query(
                rate_of("espalier_api_requests_total", "verb, resource, code"),
                "{{verb}} {{resource}}: {{code}}",
            ),
        ),
        unit="reqps",
        empty="No request was made lately.",
    ),
    lines(
        "Time of an API request",
        "Watches aside; and how long 99 % of requests had waited for their turn under --qps.",
        (
            *quantiles("espalier_api_request_duration_seconds"),
            query(
                "histogram_quantile(0.99, sum by (le, rank) "
                "(rate(espalier_api_wait_seconds_bucket[$__rate_interval])))",
                "{{rank}} waited",
            ),
        ),
        unit="s",
        empty=NOTHING_TIMED,
    ),
    lines(
        "Memory",
        "Resident memory of the operator.",
        (
            query(
                "process_resident_memory_bytes and on (instance, job) espalier_build_info",
                "{{instance}}",
            ),
        ),
        unit="bytes",
    ),
    lines(
        "Processor",
        "Cores that the operator uses.",
        (
            query(
                "rate(process_cpu_seconds_total[$__rate_interval])"
                " and on (instance, job) espalier_build_info",
                "{{instance}}",
            ),
        ),
    ),
    words(
        "Version",
        "What runs.",
        (query("espalier_build_info", "{{version}} (Python {{python}})"),),
    ),
)

ROWS: dict[str, tuple[Panel, ...]] = {
    "From a report to a freed GPU": _WAY,
    "Ingest and store": _INGEST,
    "The operator": _CONTROL,
}
