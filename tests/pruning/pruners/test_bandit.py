"""Bandit: bounds that reach the leader or not, and a budget in seconds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Reason, Report, Terms, TrialState
from espalier.pruning.pruners.bandit import Arms, Bandit, Trend, needed, trend

HORIZON = 20
UP = Direction.MAXIMIZE


def play(ledger: Ledger, trial: int, values: list[float], pace: float = 1.0) -> None:
    for step, value in enumerate(values, 1):
        ledger.append(Report(trial, 1, step, value * ledger.terms.direction.sign), step * pace)


def leader(direction: Direction = UP, end: float = 10.0) -> Ledger:
    ledger = Ledger(Terms(direction, HORIZON))
    play(ledger, 0, [end] * HORIZON)
    ledger.close(0, TrialState.COMPLETED)
    return ledger


@pytest.mark.parametrize("direction", list(Direction))
def test_a_flat_trial_below_the_leader_is_pruned(direction):
    ledger = leader(direction)
    play(ledger, 1, [1.0] * 6)
    decision = Bandit().judge(ledger, 1)
    assert decision.prunes
    assert decision.reason is Reason.BOUND_BELOW_LEADER
    assert decision.evidence == {
        "optimistic": 1.0 * direction.sign,
        "pessimistic": 10.0 * direction.sign,
        "leader": 0,
    }


def test_a_trial_that_rises_fast_enough_is_kept():
    ledger = leader()
    play(ledger, 1, [float(step) for step in range(6)])
    assert Bandit().judge(ledger, 1).reason is Reason.BOUND_REACHES_LEADER


def test_a_noisy_trial_is_kept_where_a_quiet_one_of_the_same_level_is_pruned():
    noisy, quiet = leader(), leader()
    play(noisy, 1, [9.0 + (-1.0) ** step for step in range(8)])
    play(quiet, 1, [9.0] * 8)
    assert not Bandit().judge(noisy, 1).prunes
    assert Bandit().judge(quiet, 1).prunes


def test_of_two_trials_of_equal_promise_the_budget_drops_the_expensive_one():
    decisions = {}
    for pace in (1.0, 10.0):
        ledger = leader(end=1.0)
        play(ledger, 1, [2.0] * 6)
        play(ledger, 2, [0.5 + 0.1 * step for step in range(6)], pace)
        decisions[pace] = Bandit(budget=150.0).judge(ledger, 2)
    assert not decisions[1.0].prunes
    assert decisions[10.0].reason is Reason.DROPPED_BY_BUDGET
    assert decisions[10.0].evidence["needed"] == pytest.approx(140.0)


def test_without_a_budget_cost_does_not_matter():
    ledger = leader(end=1.0)
    play(ledger, 1, [1.0] * 6, pace=1e6)
    assert not Bandit().judge(ledger, 1).prunes


def test_seconds_spent_count_from_the_trials_start():
    arms = Arms()
    ledger = Ledger(Terms(UP, HORIZON))
    play(ledger, 0, [1.0] * 5, pace=3.0)
    arms.on_append(ledger.curve(0))
    assert arms.spent == pytest.approx(15.0)
    assert needed(ledger.curve(0), HORIZON) == pytest.approx(45.0)


@given(st.floats(-1e6, 1e6), st.floats(-1e3, 1e3), st.integers(4, 30))
def test_a_straight_line_is_its_own_trend(start: float, slope: float, count: int):
    ledger = Ledger(Terms(UP, 100))
    play(ledger, 0, [start + slope * step for step in range(count)])
    found = trend(ledger.curve(0))
    assert found is not None
    assert found.level == pytest.approx(start + slope * (count - 1), abs=1e-5)
    assert found.slope == pytest.approx(slope, abs=1e-5)


def test_the_optimistic_end_never_falls_below_the_level():
    assert Trend(5.0, -3.0, 0.0).at_most(10, 2.0) == 5.0


@given(
    st.lists(
        st.lists(
            st.sampled_from([math.nan, math.inf, 1e308, -1e308, 1e-308, 0.0, 1.0]),
            min_size=1,
            max_size=10,
        ),
        min_size=2,
        max_size=6,
    )
)
def test_hostile_curves_get_a_decision_with_a_sentence(rows):
    ledger = Ledger(Terms(Direction.MINIMIZE, 10))
    for trial, values in enumerate(rows):
        for step, value in enumerate(values, 1):
            ledger.append(Report(trial, 1, step, value), math.nan if trial else float(step))
            assert Bandit(budget=5.0).judge(ledger, trial).sentence()
