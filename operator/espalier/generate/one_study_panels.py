"""What the second dashboard shows: one study, as closely as metrics tell."""

from __future__ import annotations

from espalier.generate.panels import (
    NO_STUDY,
    NOTHING_TIMED,
    SELECTED,
    STUDY,
    Panel,
    Query,
    lines,
    numbers,
    of_studies,
    quantiles,
    query,
    rate_of,
    table,
    words,
)

_ENDED = '{namespace=~"$namespace", study=~"$study", phase=~"Completed|Pruned|Failed"}'
_NOT_YET = "No trial has completed yet."


def _of(metric: str, by: str = "", rest: str = "") -> str:
    """Ask for a metric of the study, by some of its labels besides."""
    labels = f"{STUDY}, {by}" if by else STUDY
    return f"{of_studies(metric, labels)}{rest}"


def _and_bounds(metric: str, what: str) -> tuple[Query, Query]:
    """Ask for an estimate of the study, and for the bounds of its interval."""
    return (
        query(_of(metric), what),
        query(_of(f"{metric}_bound", "bound"), f"{what}, {{{{bound}}}} bound"),
    )


def _stands() -> tuple[Panel, ...]:
    return (
        words(
            "State",
            "The study in one word, as kubectl get study shows it.",
            (query(_of("espalier_study_state", "state", " == 1"), "{{state}}"),),
            width=4,
            empty=NO_STUDY,
        ),
        numbers(
            "Began and ended",
            "When the study was accepted, and when its last trial had ended.",
            (
                query(_of("espalier_study_start_time_seconds", rest=" * 1000"), "began"),
                query(_of("espalier_study_completion_time_seconds", rest=" * 1000"), "ended"),
            ),
            unit="dateTimeFromNow",
            width=4,
            empty="The study was not accepted yet.",
        ),
        numbers(
            "Progress",
            "Trials that have ended, of those that are to be run as far as is known.",
            (
                query(
                    f"sum by ({STUDY}) (espalier_trials{_ENDED}) / "
                    f"({_of('espalier_trials_planned')} > 0)",
                    "ended",
                ),
            ),
            unit="percentunit",
            width=4,
            empty="It is not known yet how many trials are to be run.",
        ),
        numbers(
            "Trials now",
            "How many are in which phase; planned is how many there are to be.",
            (
                query(_of("espalier_trials", "phase"), "{{phase}}"),
                query(_of("espalier_trials_planned"), "planned"),
                query(_of("espalier_trials_unheard"), "unheard"),
            ),
            width=12,
            empty=NO_STUDY,
        ),
        table(
            "Conditions",
            "Each condition of the Study with its reason; kubectl describe study has the message.",
            {"-1": query(_of("espalier_study_condition_reason", "type, status, reason"), "")},
            width=12,
            empty=NO_STUDY,
        ),
        lines(
            "Trials by phase",
            "Running trials hold their GPUs; pending ones wait for a node or a slot.",
            (query(_of("espalier_trials", "phase"), "{{phase}}"),),
            width=12,
            stacked=True,
            empty=NO_STUDY,
        ),
        lines(
            "Conditions over time",
            "1 while a condition of the Study is true.",
            (
                query(
                    f"sum by ({STUDY}, type) (espalier_study_condition"
                    '{namespace=~"$namespace", study=~"$study", status="True"})',
                    "{{type}}",
                ),
            ),
            width=24,
            stepped=True,
            empty=NO_STUDY,
        ),
    )


def _best() -> tuple[Panel, ...]:
    return (
        lines(
            "Best result",
            "Last value of the best completed trial, and what it would be on the mean, but for the "
            "noise, with its 90 % interval.",
            (
                query(_of("espalier_best_value"), "last value"),
                *_and_bounds("espalier_best_expected_value", "expected"),
            ),
            stepped=True,
            empty=_NOT_YET,
        ),
        lines(
            "How sure the best trial is",
            "Probability that no other completed trial has a better expected value.",
            (query(_of("espalier_best_sure_ratio"), "sure"),),
            unit="percentunit",
            stepped=True,
            empty="Too few trials have completed to tell.",
        ),
        lines(
            "Mean of the best trial's repeats",
            "By which finalists that were run again have named it, with its 95 % interval.",
            _and_bounds("espalier_best_mean", "mean"),
            stepped=True,
            empty="No finalist has been run again.",
        ),
    )


def _pruned() -> tuple[Panel, ...]:
    return (
        lines(
            "Prunings by reason",
            "Decisions to prune, since the study began, by pruner and reason.",
            (query(_of("espalier_prunings_total", "pruner, reason"), "{{pruner}}: {{reason}}"),),
            stacked=True,
            stepped=True,
            empty="Nothing was pruned yet.",
        ),
        lines(
            "Endings by reason",
            "Why trials ended, since the study began.",
            (query(_of("espalier_trial_endings_total", "reason"), "{{reason}}"),),
            stacked=True,
            stepped=True,
            empty="No trial has ended yet.",
        ),
        lines(
            "Risk of losing the best trial",
            "What the study allows its pruner, and what prunings have used up of it.",
            (
                query(_of("espalier_pruning_risk_stated_ratio"), "stated"),
                query(_of("espalier_pruning_risk_spent_ratio"), "spent"),
            ),
            unit="percentunit",
            stepped=True,
            empty="The study states no risk; the pruner Auto does.",
        ),
        lines(
            "False prunes, measured on exempt trials",
            "Share of the exempt trials that a prune would have wronged, with its 95 % interval.",
            _and_bounds("espalier_false_prune_ratio", "share"),
            unit="percentunit",
            empty="No exempt trial has told yet.",
        ),
        lines(
            "Shadow pruners",
            "Trials that a pruner which only watches would have pruned.",
            (query(_of("espalier_shadow_prunings_total", "shadow"), "{{shadow}}"),),
            stepped=True,
            empty="The study has no shadow.",
        ),
        lines(
            "Circuit breaker",
            "1 while too many prunings at once hold further ones back.",
            (query(_of("espalier_pruning_breaker_open"), "open"),),
            stepped=True,
            empty=NO_STUDY,
        ),
    )


def _cost(title: str, unit: str, name: str, verb: str) -> Panel:
    return lines(
        title,
        "Used by all attempts, and what pruning has saved: an estimate by the completed trials, "
        "with its band; absent where none has completed.",
        (
            query(_of(f"{name}_{verb}_total"), verb),
            *_and_bounds(f"{name}_saved_estimate", "saved (estimate)"),
        ),
        unit=unit,
        width=6,
        empty=NO_STUDY,
    )


def _costs() -> tuple[Panel, ...]:
    return (
        _cost("GPU time", "s", "espalier_gpu_seconds", "used"),
        _cost("Trial time", "s", "espalier_trial_seconds", "used"),
        _cost("Steps", "short", "espalier_steps", "done"),
        lines(
            "GPUs in use",
            "GPU-seconds a second: the GPUs that the study's trials hold.",
            (query(rate_of("espalier_gpu_seconds_used_total", STUDY, SELECTED), "GPUs"),),
            width=6,
            empty=NO_STUDY,
        ),
        lines(
            "Budget",
            "Share that is used of each limit of spec.budget: at 1 nothing starts any more (soft), "
            "or what runs is ended (hard).",
            (
                query(
                    _of("espalier_study_budget_used_ratio", "limit, bound"), "{{limit}}, {{bound}}"
                ),
            ),
            unit="percentunit",
            width=24,
            stepped=True,
            empty="The study has no budget.",
        ),
    )


def _reports() -> tuple[Panel, ...]:
    return (
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
            empty="No value has come since the operator started.",
        ),
        lines(
            "Time to judge a value",
            "That the operator spends on a value of this study, storing it included.",
            (
                query(
                    f"{rate_of('espalier_judging_seconds_total', STUDY, SELECTED)} / "
                    f"({rate_of('espalier_reports_total', STUDY, SELECTED)} > 0)",
                    "a value",
                ),
            ),
            unit="s",
            width=6,
            empty=NOTHING_TIMED,
        ),
        lines(
            "Report latency",
            "From a post's arrival until the study's values in it were committed: the median, and "
            "the 99th percentile, as far as five buckets tell.",
            tuple(
                query(
                    f"histogram_quantile({q}, sum by (le, {STUDY}) (rate("
                    "espalier_study_report_duration_seconds_bucket"
                    f"{SELECTED}[$__rate_interval])))",
                    f"p{round(q * 100)}",
                )
                for q in (0.5, 0.99)
            ),
            unit="s",
            width=6,
            empty=NOTHING_TIMED,
        ),
        lines(
            "Report to decision, of all studies",
            "From a post's arrival until the prune that it caused is committed.",
            quantiles("espalier_report_to_decision_seconds"),
            unit="s",
            width=6,
            empty=NOTHING_TIMED,
        ),
    )


ROWS: dict[str, tuple[Panel, ...]] = {
    "Where it stands": _stands(),
    "How good it is": _best(),
    "What is pruned, and why": _pruned(),
    "What it cost, and what pruning saved": _costs(),
    "What it reports": _reports(),
}
"""The panels by the row in which they stand, from left to right."""
