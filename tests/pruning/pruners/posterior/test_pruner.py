"""Posterior: forecasts that hold on curves drawn from a known law, and stated risk."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.pruning import (
    Direction,
    Goal,
    Guards,
    Judge,
    Ledger,
    Reason,
    Report,
    Terms,
    TrialState,
)
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.pruners.posterior.pruner import Forecast, Posterior, beyond, win
from espalier.pruning.pruners.posterior.regression import Regressions

HORIZON = 40
UP = Direction.MAXIMIZE


def curves(seed: int, count: int, drift: float = 0.3) -> np.ndarray:
    """Draw levels that drift by a random walk whose steps shrink as the curve goes on."""
    rng = np.random.default_rng(seed)
    steps = np.arange(1, HORIZON + 1)
    level = rng.normal(size=(count, 1))
    return level + np.cumsum(rng.normal(size=(count, HORIZON)) * drift / steps, axis=1) - 1 / steps


def run(pruner: Posterior, values: np.ndarray, target: float | None = None) -> Judge:
    judge = Judge(
        pruner,
        Terms(UP, HORIZON, study_uid="posterior", target=target, trials=len(values)),
        Guards(exempt_percent=0, keep_best=0),
    )
    for trial, curve in enumerate(values):
        for step, value in enumerate(curve, 1):
            at = float(trial * HORIZON + step)
            verdict = judge.report(Report(trial, 1, step, float(value)), at)
            if verdict.decision is not None and verdict.decision.prunes:
                break
        else:
            judge.close(trial, TrialState.COMPLETED, at)
    return judge


def completed(judge: Judge) -> list[int]:
    states = {curve.number: curve.state for curve in judge.ledger.curves()}
    return [trial for trial, state in states.items() if state is TrialState.COMPLETED]


def test_the_winner_survives_within_the_stated_risk_on_curves_of_a_known_law():
    lost = pruned = 0
    for seed in range(12):
        values = curves(seed, 60)
        kept = completed(run(Posterior(), values))
        lost += int(np.argmax(values[:, -1])) not in kept
        pruned += 60 - len(kept)
    assert pruned > 12 * 20
    # At 5 % of loss, three or more of twelve have a probability of 2 %.
    assert lost <= 2


def test_forecasts_cover_what_happens_as_often_as_they_say():
    ledger = Ledger(Terms(UP, HORIZON))
    values = curves(3, 200, drift=3.0)
    for trial, curve in enumerate(values):
        for step, value in enumerate(curve, 1):
            ledger.append(Report(trial, 1, step, float(value)), float(step))
        ledger.close(trial, TrialState.COMPLETED)
    course = DenseRungs.of(ledger, HORIZON)
    reaches = Regressions(course).reaches()
    rung = 2
    top = course.columns[rung][-60:]
    inside = 0
    for score, trial in top:
        reach = reaches[rung]
        mean = reach.mean(score, course.scores[trial][rung - 1])
        inside += abs(course.ends[trial] - mean) < 1.28 * math.sqrt(reach.variance)
    assert 0.6 <= inside / 60 <= 0.99


def test_the_probability_of_winning_is_that_of_the_integral():
    rng = np.random.default_rng(0)
    own, rivals = Forecast(0, 0.0, 1.0, 200.0), [Forecast(1, 0.5, 0.8, 200.0)]
    rivals += [Forecast(2, 0.2, 0.5, 200.0), Forecast(3, 0.1, 0.0, math.inf)]
    ends = rng.normal(size=(400_000, 3)) * [1.0, 0.8, 0.5] + [0.0, 0.5, 0.2]
    share = np.mean((ends[:, 0] > ends[:, 1]) & (ends[:, 0] > ends[:, 2]) & (ends[:, 0] > 0.1))
    assert win(own, rivals) == pytest.approx(share, rel=0.15)


@given(st.floats(-5, 5), st.floats(0.01, 5), st.floats(4, 200), st.floats(-5, 5))
def test_probabilities_are_probabilities_and_fall_with_the_rival(mean, scale, freedom, rival):
    own = Forecast(0, mean, scale, freedom)
    weak = win(own, [Forecast(1, rival, 1.0, 50.0)])
    strong = win(own, [Forecast(1, rival + 1.0, 1.0, 50.0)])
    assert 0.0 <= strong <= weak + 1e-12 <= 1.0 + 1e-12
    assert 0.0 <= beyond(own, rival) <= 1.0


@pytest.mark.parametrize("goal", list(Goal))
def test_each_goal_prunes_for_its_own_reason(goal):
    judge = run(Posterior(goal=goal), curves(5, 60), target=1.5)
    reasons = {
        Goal.KEEP_WINNER: Reason.UNLIKELY_TO_WIN,
        Goal.BEST_UNDER_BUDGET: Reason.NOT_WORTH_ITS_COST,
        Goal.TIME_TO_TARGET: Reason.UNLIKELY_TO_REACH_TARGET,
    }
    values = curves(5, 60)
    worst = np.sort(values[:, -1])[0] - 5.0
    for step in range(1, HORIZON):
        at = float(60 * HORIZON + step)
        verdict = judge.report(Report(60, 1, step, float(worst)), at)
        if verdict.decision is not None and verdict.decision.prunes:
            break
    assert verdict.decision is not None
    assert verdict.decision.reason is reasons[goal]


def test_a_study_of_equal_trials_prunes_none():
    judge = run(Posterior(), np.ones((20, HORIZON)))
    assert len(completed(judge)) == 20


def test_the_order_of_arrival_of_others_does_not_change_a_forecast():
    values = curves(7, 30)
    found = set()
    for seed in range(3):
        ledger = Ledger(Terms(UP, HORIZON, trials=31))
        order = np.random.default_rng(seed).permutation(np.repeat(np.arange(30), HORIZON))
        done = [0] * 30
        for trial in order.tolist():
            done[trial] += 1
            value = float(values[trial, done[trial] - 1])
            ledger.append(Report(trial, 1, done[trial], value), 0.0)
        for trial in range(30):
            ledger.close(trial, TrialState.COMPLETED)
        for step in range(1, 5):
            ledger.append(Report(30, 1, step, -1.0), 0.0)
        found.add(repr(Posterior().judge(ledger, 30)))
    assert len(found) == 1


HOSTILE = st.sampled_from(
    [math.nan, math.inf, -math.inf, 1e308, -1e308, 1e-308, 0.0, -0.0, 1.0, -1.0]
)


@pytest.mark.parametrize("goal", list(Goal))
@settings(deadline=None)
@given(st.lists(st.lists(HOSTILE, min_size=12, max_size=12), min_size=8, max_size=12))
def test_hostile_curves_get_a_decision_with_a_sentence(goal, rows):
    ledger = Ledger(Terms(UP, 12, target=1.0, trials=12))
    pruner = Posterior(goal=goal)
    for trial, values in enumerate(rows):
        for step, value in enumerate(values, 1):
            ledger.append(Report(trial, 1, step, value), float(step))
            decision = pruner.judge(ledger, trial)
            assert decision.sentence()
            json.dumps(decision.to_dict(), allow_nan=False)
        ledger.close(trial, TrialState.COMPLETED if trial % 3 else TrialState.PRUNED)
