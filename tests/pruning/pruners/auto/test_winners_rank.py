"""The winner's scaled rank: a distribution, its parts, and where it is learnt from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning.pruners.auto.winners_rank import (
    PRIOR_LEADERS,
    PRIOR_SCALED_RANK,
    WinnersRank,
)

shapes = st.floats(3.0, 13.0)
rates = st.floats(1e-6, 13.0)
progresses = st.floats(0.01, 0.99)


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


def test_few_trials_let_less_be_pruned_and_many_are_as_a_hundred():
    limits = [WinnersRank.prior(trials).exceeded_with(0.05) for trials in (1, 12, 25, 100)]
    assert limits == sorted(limits, reverse=True)
    assert limits[2] == pytest.approx(2 * limits[3])
    assert WinnersRank.prior(100) == WinnersRank.prior(100_000) == WinnersRank.prior(None)


def test_a_leader_counts_as_a_third_of_what_is_believed_before():
    prior = WinnersRank.prior(None)
    assert prior.shape == PRIOR_LEADERS == 3.0
    assert prior.after([0.02, 0.04]) == WinnersRank(
        PRIOR_LEADERS + 2, PRIOR_LEADERS * PRIOR_SCALED_RANK + 0.06
    )


@given(shapes, rates, st.lists(st.floats(0.0, 1.0), max_size=10), st.floats(0.01, 0.5))
def test_leaders_that_were_further_behind_never_let_more_be_pruned(shape, rate, ranks, risk):
    known = WinnersRank(shape, rate)
    ahead, behind = known.after(ranks), known.after([rank + 0.01 for rank in ranks])
    assert ahead.exceeded_with(risk) <= behind.exceeded_with(risk)
