"""The winner's scaled rank: a distribution, its parts, and where it is learnt from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Report, Terms, TrialState
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.pruners.auto.winners_rank import (
    PRIOR_LEADERS,
    PRIOR_SCALED_RANK,
    WinnersRank,
    scaled_rank,
)

HORIZON = 50

shapes = st.floats(3.0, 13.0)
rates = st.floats(1e-6, 13.0)
progresses = st.floats(0.01, 0.99)


def course_of(levels: list[float]) -> DenseRungs:
    """The course of trials that stand still at their level until they complete."""
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON))
    course = DenseRungs.of(ledger, HORIZON)
    for trial, level in enumerate(levels):
        for step in range(1, HORIZON + 1):
            ledger.append(Report(trial, 1, step, level))
        ledger.close(trial, TrialState.COMPLETED)
    return course


@given(shapes, rates, progresses, st.integers(1, 200))
def test_one_of_those_known_is_the_best_of_them(shape, rate, progress, known):
    winner = WinnersRank(shape, rate)
    chances = [winner.chance(progress, better, known) for better in range(known)]
    assert sum(chances) == pytest.approx(1.0)
    assert all(chance >= 0.0 for chance in chances)


@given(shapes, rates, progresses, st.integers(2, 200))
def test_who_is_further_behind_has_no_better_chance(shape, rate, progress, known):
    winner = WinnersRank(shape, rate)
    chances = [winner.chance(progress, better, known) for better in range(known)]
    assert all(a >= b - 1e-12 for a, b in pairwise(chances))


@given(shapes, rates, st.floats(1e-4, 0.5))
def test_the_limit_of_a_risk_is_exceeded_with_that_risk(shape, rate, risk):
    winner = WinnersRank(shape, rate)
    assert winner.beyond(winner.exceeded_with(risk)) == pytest.approx(risk)


def test_the_tail_is_that_of_an_exponential_with_an_inverse_gamma_mean():
    rng = np.random.default_rng(0)
    winner = WinnersRank(4.0, 0.2)
    means = winner.rate / rng.gamma(winner.shape, size=200_000)
    drawn = rng.exponential(means)
    for scaled in (0.01, 0.05, 0.1, 0.3):
        assert np.mean(drawn > scaled) == pytest.approx(winner.beyond(scaled), abs=0.004)


def test_before_three_trials_have_completed_the_prior_stands():
    assert WinnersRank.of(course_of([1.0, 2.0]), 100) == WinnersRank(
        PRIOR_LEADERS, PRIOR_LEADERS * PRIOR_SCALED_RANK
    )


def test_few_trials_let_less_be_pruned_and_many_are_as_a_hundred():
    limits = [WinnersRank.prior(trials).exceeded_with(0.05) for trials in (1, 12, 25, 100)]
    assert limits == sorted(limits, reverse=True)
    assert limits[2] == pytest.approx(2 * limits[3])
    assert WinnersRank.prior(100) == WinnersRank.prior(100_000) == WinnersRank.prior(None)


def test_the_better_half_of_the_completed_are_the_leaders_and_at_most_ten():
    assert WinnersRank.of(course_of([1.0, 2.0, 3.0]), None).shape == PRIOR_LEADERS + 2
    assert (
        WinnersRank.of(course_of([float(i) for i in range(50)]), None).shape == PRIOR_LEADERS + 10
    )


def test_leaders_that_were_ahead_all_the_way_add_nothing_to_the_rate():
    course = course_of([1.0, 2.0, 3.0, 9.0])
    assert scaled_rank(course, 3) == 0.0
    assert WinnersRank.of(course, None).rate > PRIOR_LEADERS * PRIOR_SCALED_RANK
    assert scaled_rank(course, 0) > scaled_rank(course, 1) > scaled_rank(course, 2) > 0.0
