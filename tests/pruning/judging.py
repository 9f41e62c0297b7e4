"""A judge with no guards but those that a test asks for, and a value for it to judge."""

from __future__ import annotations

from espalier.pruning import (
    BreakerSettings,
    Decision,
    Direction,
    Guards,
    Judge,
    Report,
    Terms,
    Threshold,
)

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
STRICT = Threshold(lower=0.0)
OFF = BreakerSettings(share_percent=0.0)


def judge_of(
    pruner=STRICT, *, direction=UP, horizon=30, shadows=(), window=None, **guards
) -> Judge:
    settings = {"exempt_percent": 0.0, "keep_best": 0, "nan_patience": 0, "breaker": OFF, **guards}
    return Judge(
        pruner,
        Terms(direction, horizon, study_uid="guards", window=window),
        Guards(**settings),
        shadows,
    )


def say(judge: Judge, trial: int, step: int, value: float, at: float = 0.0) -> Decision:
    decision = judge.report(Report(trial, 1, step, value), at).decision
    assert decision is not None
    return decision
