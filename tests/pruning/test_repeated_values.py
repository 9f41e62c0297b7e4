"""What repeats tell: means, intervals and whether two trials can be told apart."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from espalier.pruning.repeated_values import RepeatedValues, told_apart

VALUES = st.floats(allow_nan=False, allow_infinity=False)
TAME = st.floats(-1e6, 1e6)


@given(st.lists(TAME, min_size=2, max_size=20))
def test_an_interval_is_students(values: list[float]) -> None:
    low, high = RepeatedValues(tuple(values)).interval
    error = stats.sem(values)
    wanted = stats.t.interval(0.95, len(values) - 1, sum(values) / len(values), error or 1e-300)
    assert (low, high) == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@given(st.lists(TAME, min_size=2, max_size=20), st.lists(TAME, min_size=2, max_size=20))
def test_two_are_told_apart_as_by_welchs_test(one: list[float], other: list[float]) -> None:
    found = told_apart(RepeatedValues(tuple(one)), RepeatedValues(tuple(other)))
    if min(map(len, map(set, (one, other)))) == 1:
        return
    p = stats.ttest_ind(one, other, equal_var=False).pvalue
    if abs(p - 0.05) > 1e-6:
        assert found == (p < 0.05)


@given(st.lists(VALUES, max_size=20), st.lists(VALUES, max_size=20))
def test_no_value_that_a_metric_may_have_breaks_it(one: list[float], other: list[float]) -> None:
    first, second = RepeatedValues(tuple(one)), RepeatedValues(tuple(other))
    assert (first.mean is None) == (not one)
    assert (first.interval is None) == (len(one) < 2)
    assert (told_apart(first, second) is None) == (min(len(one), len(other)) < 2)
    assert told_apart(first, second) == told_apart(second, first)
    if one:
        assert min(one) * (1 - 1e-12) - 1e-300 <= first.mean or min(one) < 0


def test_trainers_without_noise_are_told_apart_by_any_difference() -> None:
    assert told_apart(RepeatedValues((0.5, 0.5)), RepeatedValues((0.6, 0.6, 0.6))) is True
    assert told_apart(RepeatedValues((0.5, 0.5)), RepeatedValues((0.5, 0.5, 0.5))) is False


def test_a_mean_of_the_largest_values_is_finite() -> None:
    assert RepeatedValues((1.7e308,) * 5).mean == 1.7e308
    assert math.isfinite(RepeatedValues((1.7e308, -1.7e308)).mean)
