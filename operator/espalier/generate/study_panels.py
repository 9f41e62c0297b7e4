"""What the dashboard shows of studies: what runs, what is pruned, and what it cost."""

from __future__ import annotations

from espalier.generate.panels import (
    NAMED,
    NO_STUDY,
    SELECTED,
    SELECTED_INFO,
    STUDY,
    Panel,
    lines,
    numbers,
    of_studies,
    query,
    rate_of,
    table,
)

_RUNS = (
    numbers(
        "Trials now",
        "How many trials are in which phase, and how many train and report nothing.",
        (
            query(of_studies("espalier_trials", "phase"), "{{phase}}"),
            query(f"sum(espalier_trials_unheard{SELECTED})", "unheard"),
        ),
        empty=NO_STUDY,
    ),
    lines(
        "Trials by phase",
        "Running trials hold their GPUs; pending ones wait for a node or a slot.",
        (query(of_studies("espalier_trials", "phase"), "{{phase}}"),),
        stacked=True,
        empty=NO_STUDY,
    ),
    lines(
        "Endings by reason",
        "Why trials ended, since their studies began.",
        (query(of_studies("espalier_trial_endings_total", "reason"), "{{reason}}"),),
        stacked=True,
        stepped=True,
        empty="No trial has ended yet.",
    ),
    lines(
        "Studies by state",
        "How many are in which state; those that have ended count as long as they are there.",
        (
            query(
                "sum by (state) (espalier_study_state"
                '{namespace=~"$namespace", study=~"$study"}) > 0',
                "{{state}}",
            ),
        ),
        stacked=True,
        stepped=True,
        empty=NO_STUDY,
    ),
    table(
        "Studies",
        "What each study optimises, by which pruner, where it stands, and its best result so far.",
        {
            "-1": query(of_studies("espalier_study_info", f"{STUDY}, direction, pruner"), ""),
            "-2": query(f"{of_studies('espalier_study_state', f'{STUDY}, state')} == 1", ""),
            "ended": query(
                f'sum by ({STUDY}) (espalier_trials{{namespace=~"$namespace", study=~"$study", '
                'phase=~"Completed|Pruned|Failed"})',
                "",
            ),
            "planned": query(of_studies("espalier_trials_planned", STUDY), ""),
            "best result": query(of_studies("espalier_best_value", STUDY), ""),
        },
        width=16,
        linked=True,
        empty=NO_STUDY,
    ),
    table(
        "Conditions that are true",
        "Degraded: something is in the way; kubectl describe study says what.",
        {
            "-1": query(
                f"sum by ({STUDY}, type, reason) (espalier_study_condition_reason"
                '{namespace=~"$namespace", study=~"$study", status="True"}) == 1',
                "",
            ),
        },
        width=24,
        linked=True,
        empty=NO_STUDY,
    ),
    lines(
        "Best result: $direction",
        "Last value of each study's best completed trial so far, in the objective's own sign.",
        (
            query(
                f"{of_studies('espalier_best_value', STUDY)} and on (namespace, study) "
                f"{SELECTED_INFO}",
                NAMED,
            ),
        ),
        width=24,
        stepped=True,
        empty="No trial has completed yet.",
        linked=True,
    )
    .repeat("direction")
    .repeat_direction("v"),
    lines(
        "Expected value of the best trial",
        "What its last value would be on the mean, but for the noise, with its 90 % interval.",
        (
            query(f"espalier_best_expected_value{SELECTED}", NAMED),
            query(f"espalier_best_expected_value_bound{SELECTED}", f"{NAMED}: {{{{bound}}}}"),
        ),
        stepped=True,
        empty="Too few trials have completed to tell.",
        linked=True,
    ),
    lines(
        "How sure the best trial is",
        "Probability that no other completed trial has a better expected value.",
        (query(f"espalier_best_sure_ratio{SELECTED}", NAMED),),
        unit="percentunit",
        stepped=True,
        empty="Too few trials have completed to tell.",
        linked=True,
    ),
    lines(
        "Mean of the best trial's repeats",
        "By which finalists that were run again have named it, with its 95 % interval.",
        (
            query(f"espalier_best_mean{SELECTED}", NAMED),
            query(f"espalier_best_mean_bound{SELECTED}", f"{NAMED}: {{{{bound}}}}"),
        ),
        stepped=True,
        empty="No finalist has been run again.",
        linked=True,
    ),
)

_PRUNED = (
    lines(
        "Prunings by reason",
        "Decisions to prune, since the studies began, by pruner and reason.",
        (query(of_studies("espalier_prunings_total", "pruner, reason"), "{{pruner}}: {{reason}}"),),
        stacked=True,
        stepped=True,
        empty="Nothing was pruned yet.",
    ),
    lines(
        "Risk of losing the best trial",
        "What the study allows its pruner, and what prunings have used up of it.",
        (
            query(f"espalier_pruning_risk_stated_ratio{SELECTED}", f"{NAMED}: stated"),
            query(f"espalier_pruning_risk_spent_ratio{SELECTED}", f"{NAMED}: spent"),
        ),
        unit="percentunit",
        stepped=True,
        empty="No study states a risk; the pruner Auto does.",
        linked=True,
    ),
    lines(
        "False prunes, measured on exempt trials",
        "Share of the exempt trials that a prune would have wronged, with its 95 % interval.",
        (
            query(f"espalier_false_prune_ratio{SELECTED}", NAMED),
            query(f"espalier_false_prune_ratio_bound{SELECTED}", f"{NAMED}: {{{{bound}}}}"),
        ),
        unit="percentunit",
        empty="No exempt trial has told yet.",
        linked=True,
    ),
    lines(
        "Shadow pruners",
        "Trials that a pruner which only watches would have pruned.",
        (
            query(
                of_studies("espalier_shadow_prunings_total", f"{STUDY}, shadow"),
                f"{NAMED}: {{{{shadow}}}}",
            ),
        ),
        width=12,
        stepped=True,
        empty="No study has a shadow.",
        linked=True,
    ),
    lines(
        "Circuit breaker",
        "1 while too many prunings at once hold further ones back.",
        (query(f"espalier_pruning_breaker_open{SELECTED}", NAMED),),
        width=12,
        stepped=True,
        empty=NO_STUDY,
        linked=True,
    ),
)


def _cost(title: str, unit: str, name: str, verb: str, help_: str) -> Panel:
    """Ask for what was used of something, and what pruning has saved of it, with its band."""
    return lines(
        title,
        f"{help_} What is saved is an estimate by the completed trials, with its band: absent "
        "where none has completed.",
        (
            query(f"sum({name}_{verb}_total{SELECTED})", verb),
            query(f"sum({name}_saved_estimate{SELECTED})", "saved (estimate)"),
            query(
                f"sum by (bound) ({name}_saved_estimate_bound{SELECTED})", "saved, {{bound}} bound"
            ),
        ),
        unit=unit,
        empty=NO_STUDY,
    )


_COSTS = (
    numbers(
        "GPU time now",
        "GPU-seconds that trials have used, and that pruning has saved (an estimate).",
        (
            query(f"sum(espalier_gpu_seconds_used_total{SELECTED})", "used"),
            query(f"sum(espalier_gpu_seconds_saved_estimate{SELECTED})", "saved (estimate)"),
        ),
        unit="s",
        empty=NO_STUDY,
    ),
    _cost("GPU time", "s", "espalier_gpu_seconds", "used", "GPU-seconds of all attempts."),
    lines(
        "GPUs in use",
        "GPU-seconds a second: the GPUs that trials hold.",
        (query(rate_of("espalier_gpu_seconds_used_total", STUDY, SELECTED), NAMED),),
        stacked=True,
        empty=NO_STUDY,
        linked=True,
    ),
    numbers(
        "Trial time now",
        "Seconds for which trials have held nodes, and that pruning has saved (an estimate).",
        (
            query(f"sum(espalier_trial_seconds_used_total{SELECTED})", "used"),
            query(f"sum(espalier_trial_seconds_saved_estimate{SELECTED})", "saved (estimate)"),
        ),
        unit="s",
        empty=NO_STUDY,
    ),
    _cost("Trial time", "s", "espalier_trial_seconds", "used", "Time of pods on their nodes."),
    _cost("Steps", "short", "espalier_steps", "done", "In the units of each study's resource."),
    lines(
        "Budgets",
        "Share that is used of each limit of spec.budget: at 1 nothing starts any more (soft), or "
        "what runs is ended (hard).",
        (
            query(
                f"espalier_study_budget_used_ratio{SELECTED}",
                f"{NAMED}: {{{{limit}}}}, {{{{bound}}}}",
            ),
        ),
        unit="percentunit",
        stepped=True,
        empty="No study has a budget.",
        linked=True,
    ),
)

ROWS: dict[str, tuple[Panel, ...]] = {
    "What runs": _RUNS,
    "What is pruned, and why": _PRUNED,
    "What it cost, and what pruning saved": _COSTS,
}
