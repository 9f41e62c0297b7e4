"""How sure a figure is: laws of the intervals, and their agreement with the exact ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.backtest.recommend.certainty import Sure, effective, needed, of_mean, of_share
from espalier.pruning.oversight.summary import clopper_pearson

SHARES = st.floats(0.0, 1.0)
TRIES = st.floats(1.0, 500.0)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_of_whole_numbers_a_share_has_the_interval_of_clopper_and_pearson(counted):
    found, tries = counted
    sure = of_share(found / tries, tries)
    low, high = clopper_pearson(found, tries)
    assert sure.low == pytest.approx(low, abs=1e-9)
    assert sure.high == pytest.approx(high, abs=1e-9)


@given(SHARES, TRIES)
def test_an_interval_of_a_share_holds_it_and_stays_between_nothing_and_all(share, tries):
    sure = of_share(share, tries)
    assert 0.0 <= sure.low <= share <= sure.high <= 1.0


@given(TRIES, TRIES)
def test_more_winners_make_it_surer_that_none_is_lost(one, other):
    fewer, more = sorted((one, other))
    assert of_share(0.0, more).high <= of_share(0.0, fewer).high


@pytest.mark.parametrize(("most", "winners"), [(0.05, 72), (0.2, 17), (0.5, 6), (0.0, 0)])
def test_so_many_winners_show_that_few_are_lost_and_one_less_does_not(most, winners):
    assert needed(most) == winners
    if winners:
        assert of_share(0.0, winners).high <= most < of_share(0.0, winners - 1).high


def test_lists_that_one_trial_wins_are_worth_one():
    assert effective(["a"] * 8, [1 / 8] * 8) == pytest.approx(1.0)


@given(st.integers(1, 50))
def test_winners_that_win_alike_are_worth_their_number(count):
    assert effective(range(count), [1 / count] * count) == pytest.approx(count)


@given(st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=20))
def test_halves_of_the_same_trials_are_less_sure_than_studies(values):
    halves, studies = of_mean(values, True), of_mean(values, False)
    assert halves.mean == studies.mean
    assert halves.low <= studies.low + 1e-12
    assert halves.high >= studies.high - 1e-12


def test_an_interval_of_a_mean_is_students():
    sure = of_mean([0.0, 2.0], False)
    assert (sure.low, sure.mean, sure.high) == pytest.approx((-11.706, 1.0, 13.706), abs=1e-3)


def test_what_holds_zero_cannot_be_told_from_nothing():
    assert Sure(0.1, -0.1, 0.3).holds_zero
    assert not Sure(0.1, 0.05, 0.15).holds_zero
    assert not Sure(-0.1, -0.15, -0.05).holds_zero
