"""Whether the trials at a rung are apart yet, by those that have completed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Report, Terms, TrialState
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.pruners.auto.readiness import (
    APART_BELOW,
    MOST_ALLOWANCE,
    Spreads,
    allowance,
    spread_at,
)

HORIZON = 20


def course_of(pairs: list[tuple[float, float]]) -> DenseRungs:
    """The course of trials that stand at the first value until the last step has the second."""
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON))
    course = DenseRungs.of(ledger, HORIZON)
    for trial, (before, end) in enumerate(pairs):
        for step in range(1, HORIZON + 1):
            ledger.append(Report(trial, 1, step, before if step < HORIZON else end))
        ledger.close(trial, TrialState.COMPLETED)
    return course


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=60), st.sampled_from([0.0, 0.25, 1.0]))
def test_the_spread_at_a_rung_is_told_as_a_share_of_that_at_the_end(ends, share):
    course = course_of([(share * end, end) for end in ends])
    told = spread_at(course, 0)
    assert told == pytest.approx(share, abs=1e-6) or max(ends) - sorted(ends)[len(ends) // 2] < 1e-6


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [(0.0, 1.0), (0.0, 2.0)],
        [(0.0, 5.0)] * 9,
        [(math.nan, 1.0), (math.inf, 2.0), (-math.inf, 3.0), (1.0, math.inf)],
        [(1e308, 1.0), (-1e308, 2.0), (-1e308, 3.0)],
    ],
    ids=["none", "two", "all end alike", "nothing finite", "beyond what floats hold"],
)
def test_where_the_completed_do_not_tell_the_trials_count_as_apart(pairs):
    assert spread_at(course_of(pairs), 0) == 1.0


def test_the_allowance_grows_as_trials_lie_closer_and_is_bounded():
    assert allowance(1.0) == allowance(APART_BELOW) == 1.0
    assert allowance(APART_BELOW / 1.5) == pytest.approx(1.5)
    assert allowance(APART_BELOW / 100) == allowance(0.0) == allowance(-1.0) == MOST_ALLOWANCE


def test_what_is_remembered_of_the_spread_is_taken_anew_when_another_trial_completes():
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON, window=12))
    course = DenseRungs.of(ledger, HORIZON)
    spreads = Spreads.of(ledger, HORIZON)
    for trial in range(20):
        for step in range(1, HORIZON + 1):
            ledger.append(Report(trial, 1, step, trial % 7 * (step / HORIZON) ** 2))
        ledger.close(trial, TrialState.FAILED if trial % 5 == 4 else TrialState.COMPLETED)
        for rung in range(len(course.steps)):
            assert spreads.at(rung) == spread_at(course, rung) == spreads.at(rung)
