"""For how long trials live, told by the ended and by those that run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.forecast.lives import lives_of


def test_without_any_that_run_the_mean_is_that_of_the_ended():
    lives = lives_of([1.0, 2.0, 3.0, 6.0], [], None)
    assert lives.mean == pytest.approx(3.0)
    assert lives.spread == pytest.approx(np.std([1.0, 2.0, 3.0, 6.0]) / 3.0)


def test_one_that_runs_counts_as_long_as_it_did():
    # of three, one ended at 1; of the two that lived on one ended at 3
    lives = lives_of([1.0, 3.0], [2.0], None)
    assert lives.mean == pytest.approx(1.0 + 2.0 * 2 / 3)


def test_what_lives_longer_than_all_comes_as_far_as_a_whole_run():
    assert lives_of([1.0], [5.0], 20.0).times[-1] == 20.0
    assert lives_of([1.0], [50.0], 20.0).times[-1] > 50.0


def test_draws_are_the_lives_by_their_shares():
    lives = lives_of([1.0, 2.0, 3.0, 4.0], [], None)
    assert lives.drawn(np.array([0.1, 0.3, 0.6, 0.9, 0.999])).tolist() == [1.0, 2.0, 3.0, 4.0, 4.0]
    assert lives.rest(2.0, np.array([0.25, 0.75])).tolist() == [1.0, 2.0]
    assert lives.rest(4.0, np.array([0.5])).tolist() == [0.0]


@given(
    st.lists(st.floats(0.1, 1e5), min_size=1, max_size=40), st.lists(st.floats(0, 1e5), max_size=9)
)
def test_survival_falls_from_one_to_nothing(ended, ages):
    lives = lives_of(ended, ages, None)
    assert lives.survival[0] == 1.0
    assert lives.survival[-1] == pytest.approx(0.0, abs=1e-9)
    assert np.all(np.diff(lives.survival) <= 1e-12)
    assert np.all(np.diff(lives.times) > 0.0)
    assert lives.times[-1] >= max(*ended, *ages, 0.0)
