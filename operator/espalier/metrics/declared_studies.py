"""The metrics of studies, each computed at a scrape from what is known of the study."""

from __future__ import annotations

from espalier.metrics.metric import Metric, MetricType, snapshot

_STUDY = ("namespace", "study")


def _cost(name: str, verb: str, used: str, saved: str) -> tuple[Metric, ...]:
    estimate = f"{name}_saved_estimate"
    return (
        snapshot(f"{name}_{verb}_total", MetricType.COUNTER, _STUDY, used),
        snapshot(estimate, MetricType.GAUGE, _STUDY, saved),
        snapshot(
            f"{estimate}_bound", MetricType.GAUGE, (*_STUDY, "bound"), f"The band of {estimate}."
        ),
    )


STUDIES: tuple[Metric, ...] = (
    snapshot(
        "espalier_study_info",
        MetricType.GAUGE,
        (*_STUDY, "pruner", "direction"),
        "1 for each Study, with what tells it apart.",
    ),
    snapshot(
        "espalier_study_state",
        MetricType.GAUGE,
        (*_STUDY, "state"),
        "1 for the word that is the Study's status.state, 0 for the others.",
    ),
    snapshot(
        "espalier_study_start_time_seconds",
        MetricType.GAUGE,
        _STUDY,
        "When the Study was accepted, in seconds since the epoch.",
    ),
    snapshot(
        "espalier_study_completion_time_seconds",
        MetricType.GAUGE,
        _STUDY,
        "When the Study had ended, in seconds since the epoch; absent while it has not.",
    ),
    snapshot(
        "espalier_trials_planned",
        MetricType.GAUGE,
        _STUDY,
        "Trials that the Study is to run, as far as is known; repeats of finalists among them.",
    ),
    snapshot("espalier_trials", MetricType.GAUGE, (*_STUDY, "phase"), "Trials by phase."),
    snapshot(
        "espalier_trial_endings_total",
        MetricType.COUNTER,
        (*_STUDY, "reason"),
        "Trials that ended, by the reason of their Finished condition.",
    ),
    snapshot(
        "espalier_prunings_total",
        MetricType.COUNTER,
        (*_STUDY, "pruner", "reason"),
        "Decisions to prune a trial, by the pruner that took them and its reason.",
    ),
    snapshot(
        "espalier_study_condition",
        MetricType.GAUGE,
        (*_STUDY, "type", "status"),
        "1 for the status that a condition of the Study has, 0 for the others.",
    ),
    snapshot(
        "espalier_study_condition_reason",
        MetricType.GAUGE,
        (*_STUDY, "type", "status", "reason"),
        "1, with the reason that a condition of the Study has now.",
    ),
    snapshot(
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
    snapshot(
        "espalier_best_value",
        MetricType.GAUGE,
        _STUDY,
        "Last value of the best completed trial so far, in the objective's own sign.",
    ),
    snapshot(
        "espalier_best_expected_value",
        MetricType.GAUGE,
        _STUDY,
        "What that value would be on the mean, but for the noise from step to step.",
    ),
    snapshot(
        "espalier_best_expected_value_bound",
        MetricType.GAUGE,
        (*_STUDY, "bound"),
        "Bounds of the 90 % interval of espalier_best_expected_value.",
    ),
    snapshot(
        "espalier_best_sure_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Probability that no other completed trial has a better expected value, 0 to 1.",
    ),
    snapshot(
        "espalier_best_mean",
        MetricType.GAUGE,
        _STUDY,
        "Mean of the best trial's repeats, which has named it; there once finalists were rerun.",
    ),
    snapshot(
        "espalier_best_mean_bound",
        MetricType.GAUGE,
        (*_STUDY, "bound"),
        "Bounds of the 95 % interval of espalier_best_mean.",
    ),
    snapshot(
        "espalier_pruning_risk_stated_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Chance of losing the best trial that the Study allows its pruner, 0 to 1.",
    ),
    snapshot(
        "espalier_pruning_risk_spent_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Part of that chance that prunings have used up, 0 to 1.",
    ),
    snapshot(
        "espalier_false_prune_ratio",
        MetricType.GAUGE,
        _STUDY,
        "Share of prunings that end a trial that would have won, told by exempt trials, 0 to 1.",
    ),
    snapshot(
        "espalier_false_prune_ratio_bound",
        MetricType.GAUGE,
        (*_STUDY, "bound"),
        "Bounds of the 95 % interval of espalier_false_prune_ratio.",
    ),
    snapshot(
        "espalier_pruning_breaker_open",
        MetricType.GAUGE,
        _STUDY,
        "1 while the circuit breaker holds back prunings, else 0.",
    ),
    snapshot(
        "espalier_study_budget_used_ratio",
        MetricType.GAUGE,
        (*_STUDY, "limit", "bound"),
        "Share that is used of a limit of spec.budget, soft or hard: 1 and more, it is met.",
    ),
    snapshot(
        "espalier_shadow_prunings_total",
        MetricType.COUNTER,
        (*_STUDY, "shadow"),
        "Trials, exempt ones left out, that a shadow pruner would have pruned; it only watches.",
    ),
)
