"""The pruners whose quality is measured: all of ours, and Optuna's in fifteen settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import optuna

from espalier.backtest.candidate import Candidate, Maker
from tests.bench.optuna_engine import OptunaCandidate

SHARES = (8, 10, 16, 20)
"""Of the horizon, in percent: warm-ups and first rungs."""
FINITE = {"lower": -1e300, "upper": 1e300}
"""Bounds that suit every metric: only NaN and infinities lie outside."""
HALVING = {"minResource": "8%", "reductionFactor": 3}
UNDER_BUDGET = {"goal": "BestUnderBudget"}
NONE_EXEMPT = {"exemptPercent": 0}


def ours() -> list[Maker]:
    """Give each pruner with its defaults, and some with what we advise."""
    kinds = ("Auto", "Posterior", "Bandit", "Median", "SuccessiveHalving", "Hyperband", "Wilcoxon")
    return [
        *(Candidate(kind, {"type": kind}) for kind in (*kinds, "Nop")),
        Candidate("Percentile 25", {"type": "Percentile", "percentile": {"percentile": 25}}),
        Candidate("Patient 5", {"type": "Patient", "patient": {"patience": 5}}),
        Candidate("Slack of 20 %", {"type": "SlackToBest", "slackToBest": {"slackFactor": 0.2}}),
        Candidate("Threshold, finite", {"type": "Threshold", "threshold": FINITE}),
        Candidate("Auto, BestUnderBudget", {"type": "Auto", "auto": UNDER_BUDGET}),
        Candidate("Posterior, BestUnderBudget", {"type": "Posterior", "posterior": UNDER_BUDGET}),
        Candidate("Auto without exempt trials", {"type": "Auto"}, NONE_EXEMPT),
        Candidate("Median, warm-up 10 %", {"type": "Median", "median": {"warmupSteps": "10%"}}),
        Candidate("Median, warm-up 16 %", {"type": "Median", "median": {"warmupSteps": "16%"}}),
        Candidate(
            "SuccessiveHalving η 3 from 8 %",
            {"type": "SuccessiveHalving", "successiveHalving": HALVING},
        ),
    ]


def before() -> list[Maker]:
    """Give what the first edition of the rules decides, to set beside the newest one's."""
    return [
        Candidate("Auto, edition 1", {"type": "Auto"}, edition=1),
        Candidate("Auto without exempt trials, edition 1", {"type": "Auto"}, NONE_EXEMPT, 1),
        Candidate(
            "Auto, BestUnderBudget, edition 1", {"type": "Auto", "auto": UNDER_BUDGET}, {}, 1
        ),
        Candidate("Posterior, edition 1", {"type": "Posterior"}, edition=1),
    ]


def optunas() -> list[Maker]:
    """Give Optuna's pruners with their defaults, and from each share of the horizon."""
    pruners = optuna.pruners
    found: list[Maker] = [
        OptunaCandidate("Optuna Median", partial(_default, pruners.MedianPruner)),
        OptunaCandidate("Optuna SHA", partial(_default, pruners.SuccessiveHalvingPruner)),
        OptunaCandidate("Optuna Hyperband", partial(_default, pruners.HyperbandPruner)),
    ]
    for share in SHARES:
        found += [
            OptunaCandidate(f"Optuna Median, warm-up {share} %", partial(_median, share)),
            OptunaCandidate(f"Optuna SHA η 3 from {share} %", partial(_halving, share)),
            OptunaCandidate(f"Optuna Hyperband η 3 from {share} %", partial(_hyperband, share)),
        ]
    return found


def _first(share: int, horizon: int) -> int:
    return max(1, math.ceil(share * horizon / 100))


def _default(
    kind: Callable[[], optuna.pruners.BasePruner], horizon: int
) -> optuna.pruners.BasePruner:
    return kind()


def _median(share: int, horizon: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.MedianPruner(n_warmup_steps=_first(share, horizon))


def _halving(share: int, horizon: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.SuccessiveHalvingPruner(
        min_resource=_first(share, horizon), reduction_factor=3
    )


def _hyperband(share: int, horizon: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.HyperbandPruner(min_resource=_first(share, horizon), max_resource=horizon)
