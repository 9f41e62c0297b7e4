"""A curve's end is the level that its last values come to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning.history.local_level import MOST_VALUES, RATIOS, gains, local_level

CLEAN = len(RATIOS) - 1


def likeliest(scores):
    found = local_level(scores)
    place = max(range(len(RATIOS)), key=lambda k: (found.likelihoods[k], k))
    return found.levels[place], RATIOS[place]


@pytest.mark.parametrize(
    "scores",
    [
        [1.0 - math.exp(-step / 20) for step in range(60)],
        [3.0 - 0.5 * step for step in range(20)],
        [step**2 for step in range(9)],
        [2.0] * 7,
    ],
    ids=["slowing down", "straight", "bending", "at rest"],
)
def test_a_smooth_curve_ends_exactly_at_its_last_value(scores):
    assert likeliest(scores)[0] == scores[-1]


def test_the_level_under_independent_noise_is_told_better_than_by_the_last_value():
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(300):
        scores = 4.0 + rng.normal(0.0, 0.2, 40)
        errors.append((likeliest(scores.tolist())[0] - 4.0, scores[-1] - 4.0))
    of_level, of_last = np.std(errors, axis=0)
    assert of_level < of_last / 2


def test_values_before_the_last_one_that_is_not_finite_are_left_out():
    known = [1.0, 3.0, 2.0, 4.0, 2.5]
    assert local_level([9.0, 8.0, math.nan, *known]) == local_level(known)
    assert local_level([9.0] * MOST_VALUES + [math.inf, *known]) == local_level(known)


@pytest.mark.parametrize(
    "scores",
    [[], [1.0] * 4, [1.0] * 9 + [math.nan], [math.inf] * 9, [1e308, -1e308] * 5],
    ids=["none", "four", "NaN at last", "infinite", "beyond what floats hold"],
)
def test_where_values_do_not_tell_nothing_is_said(scores):
    assert local_level(scores) is None


@pytest.mark.parametrize("scores", [[1e300, -1e300] * 4, [5e-324, 0.0] * 4, [1e16, 1e16 + 2] * 4])
def test_very_large_and_very_small_values_are_no_failure(scores):
    found = local_level(scores)
    assert all(map(math.isfinite, found.levels + found.likelihoods + found.noises))


@given(
    st.lists(st.integers(-60, 60), min_size=5, max_size=30),
    st.sampled_from([-8.0, -1.0, 0.25, 64.0]),
    st.integers(-64, 64),
)
def test_levels_shift_and_scale_with_the_values(scores, scale, shift):
    before = local_level([float(score) for score in scores])
    after = local_level([score * scale + shift for score in scores])
    assert after.levels == pytest.approx([a * scale + shift for a in before.levels])
    assert after.noises == pytest.approx([a * abs(scale) for a in before.noises])
    assert after.likelihoods == pytest.approx(before.likelihoods)


@pytest.mark.parametrize("ratio", RATIOS[:-1])
def test_the_gains_are_those_of_the_filter_written_out(ratio):
    variance = 1.0
    for gain in gains(MOST_VALUES, ratio)[0]:
        ahead = variance + ratio
        assert gain == pytest.approx(ahead / (ahead + 1.0))
        variance = ahead * (1.0 - gain)
    assert gains(MOST_VALUES, ratio)[1] == pytest.approx(variance)


def test_without_movement_the_level_is_the_mean_and_as_uncertain_as_one():
    scores = [1.0, 5.0, 3.0, 3.0, 8.0]
    assert local_level(scores).levels[0] == pytest.approx(4.0)
    assert gains(5, 0.0)[1] == pytest.approx(1 / 5)
    assert gains(5, math.inf)[1] == 0.0
