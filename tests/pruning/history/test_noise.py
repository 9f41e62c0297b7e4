"""The noise of a curve is what its neighbouring values differ by beyond its course."""

from __future__ import annotations

import math

import numpy as np
import pytest

from espalier.pruning import Direction, Ledger, Report, Terms, TrialState
from espalier.pruning.history.noise import (
    FEWEST_MOVES,
    MOST_VALUES,
    LeadersNoise,
    grain_of,
    noise_of,
)


def test_a_straight_course_has_no_noise_however_steep():
    assert noise_of([3.0 - 0.5 * step for step in range(20)]) == pytest.approx(0.0, abs=1e-12)


def test_a_single_jump_is_no_noise():
    assert noise_of([1.0] * 5 + [0.0] * 6) < 0.1


@pytest.mark.parametrize("deviation", [0.01, 1.0, 30.0])
def test_independent_noise_is_found_within_a_third_on_the_mean(deviation):
    rng = np.random.default_rng(7)
    found = [
        noise_of((np.linspace(0, deviation, 40) + rng.normal(0, deviation, 40)).tolist())
        for _ in range(200)
    ]
    assert np.mean(found) == pytest.approx(deviation, rel=1 / 3)


@pytest.mark.parametrize(
    "scores",
    [[], [1.0] * 4, [math.nan] * 40, [math.inf] * 40, [1.0, math.nan] * 4, [1e308, -1e308] * 8],
    ids=["none", "four", "NaN", "infinite", "every other NaN", "beyond what floats hold"],
)
def test_where_values_do_not_tell_nothing_is_said(scores):
    assert noise_of(scores) is None


def test_the_study_has_the_median_noise_of_its_best_trials_and_says_none_before_three():
    ledger = Ledger(Terms(Direction.MINIMIZE, MOST_VALUES, trials=9))
    noise = LeadersNoise.of(ledger)
    for trial, swing in enumerate([0.0, 1.0, 2.0, 50.0]):
        for step in range(1, MOST_VALUES + 1):
            ledger.append(Report(trial, 1, step, trial * 100 + swing * (step % 2)))
        assert noise.level() is None
        ledger.close(trial, TrialState.FAILED if trial == 2 else TrialState.COMPLETED)
    assert noise.level() == pytest.approx(noise_of([step % 2 for step in range(MOST_VALUES)]))


def test_counted_values_have_the_grain_of_one_case_and_others_next_to_none():
    rng = np.random.default_rng(1)
    counted = (rng.integers(20, 24, 40) / 60).tolist()
    assert grain_of(counted) == pytest.approx(1 / 60)
    assert grain_of(rng.normal(0, 1, 40).tolist()) < 0.3


@pytest.mark.parametrize(
    "scores",
    [
        [],
        [1.0] * 20,
        [0.0] * 9 + [1.0] * 9,
        [math.nan, 1.0, math.nan, 2.0] * 4,
        [math.inf, 1.0, -math.inf, 2.0] * 4,
        [float(move) for move in range(FEWEST_MOVES)],
    ],
    ids=["none", "standing still", "a single jump", "NaN", "infinite", "one move too few"],
)
def test_where_values_hardly_move_there_is_no_grain(scores):
    assert grain_of(scores) == math.inf


def test_the_study_has_the_finest_grain_of_its_best_trials_and_forgets_who_left_the_window():
    ledger = Ledger(Terms(Direction.MAXIMIZE, MOST_VALUES, window=2))
    noise = LeadersNoise.of(ledger)
    assert noise.grain() == 0.0
    for trial, grain in enumerate([0.25, 0.5, 1.0]):
        for step in range(1, MOST_VALUES + 1):
            ledger.append(Report(trial, 1, step, grain * (step % 3)))
        ledger.close(trial, TrialState.COMPLETED)
    # The first left when the third began.
    assert noise.grain() == 0.5
