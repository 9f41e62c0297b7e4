"""Pruners under test: every registered one, and those that need settings in several forms."""

from __future__ import annotations

from espalier.pruning import AllOf, AnyOf, Goal, Match, OwnValue, Peers, Pruner
from espalier.pruning.pruners.registry import BUILT_IN, make

NEEDED = {
    "Patient": {"patience": 2},
    "Percentile": {"percentile": 40.0},
    "SlackToBest": {"slack_factor": 0.25},
    "Threshold": {"lower": -1.0, "upper": 1.0},
}
REGISTERED: dict[str, Pruner] = {
    name: make(name, NEEDED.get(name, {})) for name in sorted(BUILT_IN)
}
VARIANTS: dict[str, Pruner] = {
    "Median of all that reached": make(
        "Median", {"peers": Peers.REACHED, "startup_trials": 0, "own_value": OwnValue.LAST}
    ),
    "Median at exact steps": make(
        "Median", {"peers": Peers.REACHED, "match": Match.EXACT, "startup_trials": 1}
    ),
    "Median of windows": make(
        "Median", {"own_value": OwnValue.WINDOW_MEAN, "warmup_steps": 2, "interval_steps": 2}
    ),
    "SuccessiveHalving by best": make(
        "SuccessiveHalving",
        {"min_resource": 2, "reduction_factor": 2, "own_value": OwnValue.BEST},
    ),
    "SlackToBest by an amount": make(
        "SlackToBest", {"slack_amount": 0.5, "peers": Peers.COMPLETED, "own_value": OwnValue.LAST}
    ),
    "Hyperband from step 2": make("Hyperband", {"min_resource": 2, "reduction_factor": 2}),
    "Patient with all gates": make(
        "Patient",
        {"patience": 1, "min_delta": 0.25, "startup_trials": 1, "warmup_steps": 2},
    ),
    "Auto under a budget": make("Auto", {"goal": Goal.BEST_UNDER_BUDGET}),
    "Auto to a target": make("Auto", {"goal": Goal.TIME_TO_TARGET, "risk": 0.5}),
    "Posterior at a high risk": make("Posterior", {"risk": 0.5}),
    "Posterior under a budget": make("Posterior", {"goal": Goal.BEST_UNDER_BUDGET}),
    "Bandit with a budget": make("Bandit", {"budget": 60.0, "exploration": 1.0}),
    "Wilcoxon corrected": make("Wilcoxon", {"p_threshold": 0.4, "correct_looks": True}),
}
COMPOSED: dict[str, Pruner] = {
    "Any": AnyOf(of=(REGISTERED["Median"], REGISTERED["Patient"])),
    "All": AllOf(of=(VARIANTS["Median of all that reached"], REGISTERED["Patient"])),
}
EVERY = {**REGISTERED, **VARIANTS, **COMPOSED}
