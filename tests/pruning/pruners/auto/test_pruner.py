"""Auto: a limit that the study's own leaders set, and a rule for each goal."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
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
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs, rungs_up_to
from espalier.pruning.pruners.auto.leaders import ranks_shown
from espalier.pruning.pruners.auto.noise_margin import noise_seen
from espalier.pruning.pruners.auto.pruner import (
    LOOSEST_SCALED_RANK,
    RISK_PER_CHANCE,
    STRICTEST_SCALED_RANK,
    Auto,
)
from espalier.pruning.pruners.auto.winners_rank import WinnersRank
from espalier.pruning.pruners.posterior.pruner import Posterior
from tests.pruning.judging import OFF

HORIZON = 50
UP = Direction.MAXIMIZE


def play(ledger: Ledger, trial: int, values: list[float], end: TrialState | None = None) -> None:
    for step, value in enumerate(values, 1):
        ledger.append(Report(trial, 1, step, value * ledger.terms.direction.sign), float(step))
    if end is not None:
        ledger.close(trial, end)


def steady(level: float, steps: int = HORIZON) -> list[float]:
    return [level] * steps


def late(level: float, steps: int = HORIZON) -> list[float]:
    """A curve that is behind all others until three quarters of the way."""
    return [-level if step < 0.75 * steps else level for step in range(steps)]


def study(curves: list[list[float]], direction: Direction = UP) -> Ledger:
    ledger = Ledger(Terms(direction, HORIZON, trials=100))
    for trial, values in enumerate(curves):
        play(ledger, trial, values, TrialState.COMPLETED)
    return ledger


def limit(ledger: Ledger, risk: float = 0.05) -> float:
    return winner(ledger).exceeded_with(risk)


def winner(ledger: Ledger) -> WinnersRank:
    course = DenseRungs.of(ledger, HORIZON)
    margin = noise_seen(ledger, course, Curve(99)).margin
    return WinnersRank.prior(ledger.terms.trials).after(ranks_shown(course, margin))


def test_leaders_that_were_ahead_from_early_on_let_auto_prune_more():
    unknown = limit(study([]))
    ledger = study([steady(level) for level in range(6)])
    for trial in range(6, 60):
        play(ledger, trial, steady(-1.0, 4), TrialState.PRUNED)
    assert limit(ledger) < unknown


def test_leaders_that_came_from_behind_let_auto_prune_less():
    unknown = limit(study([]))
    assert limit(study([late(1.0 + level) for level in range(20)])) > unknown


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_a_smaller_risk_never_prunes_more(one: float, other: float):
    ledger = study([steady(level) for level in range(6)])
    small, large = sorted((one, other))
    assert 0.0 <= limit(ledger, large) <= limit(ledger, small)
    assert (
        STRICTEST_SCALED_RANK <= used(ledger, large) <= used(ledger, small) <= LOOSEST_SCALED_RANK
    )


def used(ledger: Ledger, risk: float) -> float:
    play(ledger, 99, steady(-1.0, rungs_up_to(HORIZON)[-3]))
    return float(Auto(risk=risk).judge(ledger, 99).evidence["limit"])


@given(st.integers(1, 10**6))
def test_rungs_rise_strictly_and_stay_below_the_horizon(horizon: int):
    steps = rungs_up_to(horizon)
    assert steps == sorted(set(steps))
    assert all(1 <= step < horizon for step in steps)
    assert len(steps) <= 12


def test_a_million_steps_cost_eight_rungs():
    assert len(rungs_up_to(10**6)) == 8


@pytest.mark.parametrize("direction", list(Direction))
def test_a_trial_that_ranks_last_is_pruned_at_a_rung_with_the_numbers_compared(direction):
    ledger = study([steady(float(level)) for level in range(20)], direction)
    step = next(s for s in rungs_up_to(HORIZON) if s / HORIZON > 0.3)
    play(ledger, 20, steady(-1.0, step))
    decision = Auto().judge(ledger, 20)
    assert decision.prunes
    assert decision.reason is Reason.BELOW_RUNG_CUT
    assert decision.evidence["value"] == -1.0 * direction.sign
    assert decision.evidence["peers"] == 21
    progress = step / HORIZON
    chance = winner(ledger).chance(progress, 20, 21)
    assert decision.evidence["risk"] == pytest.approx(RISK_PER_CHANCE * chance * 21 / 100)


def test_the_best_trial_is_kept_at_every_step():
    ledger = study([steady(float(level)) for level in range(20)])
    for step in range(1, HORIZON + 1):
        ledger.append(Report(20, 1, step, 99.0), float(step))
        assert not Auto().judge(ledger, 20).prunes


def test_trials_at_chance_level_are_all_kept_however_long_they_take_to_take_off():
    curves = [[0.1] * 46 + [0.1 + level / 100] * 4 for level in range(20)]
    judge = Judge(
        Auto(), Terms(UP, HORIZON, study_uid="u", trials=20), Guards(exempt_percent=0, breaker=OFF)
    )
    for step in range(HORIZON):
        for trial, values in enumerate(curves):
            verdict = judge.report(Report(trial, 1, step + 1, values[step]), float(step))
            assert verdict.decision is not None
            assert not (verdict.decision.prunes and step < 46)


def test_all_prunings_together_spend_no_more_than_the_stated_risk():
    judge = Judge(
        Auto(), Terms(UP, HORIZON, study_uid="u", trials=60), Guards(exempt_percent=0, breaker=OFF)
    )
    pruned = 0
    for trial in range(60):
        for step in range(1, HORIZON + 1):
            level, at = (trial * 37 % 60) + step / 100, float(trial * HORIZON + step)
            verdict = judge.report(Report(trial, 1, step, level), at)
            if verdict.decision is not None and verdict.decision.prunes:
                pruned += 1
                break
        else:
            judge.close(trial, TrialState.COMPLETED, at)
    summary = judge.summary()
    assert pruned > 30
    assert summary.risk_stated == 0.05
    assert 0.0 < summary.risk_spent <= 0.05


def test_the_risk_is_spent_where_leaders_keep_coming_from_behind_and_pruning_stops():
    judge = Judge(
        Auto(risk=0.1),
        Terms(UP, 50, study_uid="u", trials=80),
        Guards(exempt_percent=0, breaker=OFF),
    )
    reasons = []
    for trial in range(80):
        level = trial * 37 % 80 / 80
        for step in range(1, HORIZON + 1):
            # Who is ahead until nine tenths of the way is behind at the end.
            value, at = 1.0 - level if step < 45 else 1.0 + level, float(trial * HORIZON + step)
            decision = judge.report(Report(trial, 1, step, value), at).decision
            assert decision is not None
            reasons.append(decision.reason)
            if decision.prunes:
                break
        else:
            judge.close(trial, TrialState.COMPLETED, at)
    first = reasons.index(Reason.RISK_SPENT)
    assert Reason.BELOW_RUNG_CUT in reasons[:first]
    summary = judge.summary()
    assert summary.risk_left is not None
    assert summary.risk_left < 0.1 / 10


def lost(seed: int, risk: float) -> tuple[bool, int]:
    """Whether a study of random walks lost its winner, and how many trials it pruned."""
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=(60, 30)) / np.arange(1, 31) ** 0.5, axis=1)
    judge = Judge(
        Auto(risk=risk),
        Terms(UP, 30, study_uid="u", trials=60),
        Guards(exempt_percent=0, breaker=OFF),
    )
    pruned = set()
    for first in range(0, 60, 6):
        for step in range(1, 31):
            for trial in range(first, first + 6):
                if trial not in pruned:
                    value, at = float(values[trial, step - 1]), float(5 * first + step)
                    decision = judge.report(Report(trial, 1, step, value), at).decision
                    if decision is not None and decision.prunes:
                        pruned.add(trial)
        for trial in range(first, first + 6):
            judge.close(trial, TrialState.COMPLETED, float(first))
    return int(np.argmax(values[:, -1])) in pruned, len(pruned)


def test_random_walks_lose_their_winner_no_more_often_than_stated():
    """Well-specified: what a walk has gained it keeps, and the steps get smaller."""
    outcomes = [lost(seed, 0.1) for seed in range(100)]
    losses = sum(is_lost for is_lost, _ in outcomes)
    assert losses <= 10 + 3 * 3  # three binomial standard errors above the stated tenth
    assert sum(pruned for _, pruned in outcomes) > 100 * 20


def test_without_a_horizon_nothing_is_pruned_and_the_reason_says_so():
    ledger = Ledger(Terms(UP, None))
    play(ledger, 0, steady(1.0))
    assert Auto().judge(ledger, 0).reason is Reason.NO_HORIZON


def test_under_a_budget_it_halves_successively_and_says_that_it_is_auto():
    ledger = study([steady(float(level)) for level in range(12)])
    play(ledger, 12, steady(-1.0, 4))
    auto = Auto(goal=Goal.BEST_UNDER_BUDGET)
    decision = auto.judge(ledger, 12)
    assert decision.prunes
    assert decision.pruner == "Auto"
    assert decision.settings["goal"] == "BestUnderBudget"
    assert auto.stated_risk is None


HOSTILE = st.sampled_from(
    [math.nan, math.inf, -math.inf, 1e308, -1e308, 1e-308, 0.0, -0.0, 1.0, -1.0]
)


@pytest.mark.parametrize("goal", list(Goal))
@given(st.lists(st.lists(HOSTILE, min_size=1, max_size=12), min_size=2, max_size=9), st.booleans())
def test_hostile_curves_get_a_decision_with_a_sentence(goal, curves, maximise):
    direction = Direction.MAXIMIZE if maximise else Direction.MINIMIZE
    ledger = Ledger(Terms(direction, 12, target=1.0, trials=9))
    pruner = Auto(goal=goal)
    for trial, values in enumerate(curves):
        for step, value in enumerate(values, 1):
            ledger.append(Report(trial, 1, step, value), float(step))
            decision = pruner.judge(ledger, trial)
            assert decision.sentence()
            json.dumps(decision.to_dict(), allow_nan=False)
        ledger.close(trial, TrialState.COMPLETED if trial % 2 else TrialState.PRUNED)


@pytest.mark.parametrize("pruner", [Auto(), Posterior()], ids=["Auto", "Posterior"])
def test_a_single_nan_before_a_rung_costs_a_trial_that_recovered_nothing(pruner):
    ledger = study([steady(float(level)) for level in range(20)])
    rung = rungs_up_to(HORIZON)[-1]
    play(ledger, 20, [*steady(99.0, rung - 2), math.nan, 99.0])
    decision = pruner.judge(ledger, 20)
    assert (decision.reason, decision.evidence["value"]) == (Reason.TOP_OF_RUNG, 99.0)
    play(ledger, 21, [*steady(99.0, rung - 1), math.nan])
    assert pruner.judge(ledger, 21).reason is Reason.DIVERGED


@pytest.mark.parametrize("goal", [Goal.KEEP_WINNER, Goal.BEST_UNDER_BUDGET])
@pytest.mark.parametrize("pruner", [Auto, Posterior])
def test_a_rung_that_an_interval_skips_is_judged_at_the_next_check(pruner, goal):
    ledger = study([steady(level + 0.1 * level**2) for level in range(20)])
    every, seldom = pruner(goal=goal), pruner(goal=goal, interval_steps=7)
    passed = set()
    for step in range(1, HORIZON):
        ledger.append(Report(20, 1, step, -20.0), float(step))
        at_once, later = every.judge(ledger, 20), seldom.judge(ledger, 20)
        if at_once.rung is not None:
            passed.add(at_once.rung)
        if later.reason is not Reason.BETWEEN_CHECKS:
            assert later.rung == max(passed, default=None)
            passed.clear()
            if step > HORIZON / 2:
                assert later.prunes or later.rung is None
