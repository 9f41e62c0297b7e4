"""The best trial is the one with the best expected end, and it is told how sure that is."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Report, Terms, TrialState
from espalier.pruning.history.expected_ends import MOST_LEADERS, Leaders
from espalier.pruning.terms import NEWEST_EDITION
from tests.pruning.histories import Said, Shape, draw

UP, DOWN = Direction.MAXIMIZE, Direction.MINIMIZE
SHAPE = Shape(trials=12, steps=9, nan_share=0.02, retry_share=0.1)


def told(curves, direction=UP, edition=NEWEST_EDITION):
    ledger = Ledger(Terms(direction, trials=len(curves), edition=edition))
    leaders = Leaders.of(ledger)
    for trial, values in enumerate(curves):
        for step, value in enumerate(values, 1):
            ledger.append(Report(trial, 1, step, float(value)))
        ledger.close(trial, TrialState.COMPLETED)
    return leaders.told()


def noisy(levels, noise, steps=20, seed=3):
    rng = np.random.default_rng(seed)
    return [level + rng.normal(0.0, noise, steps) for level in levels]


def fed(events, window=None, early=True):
    ledger = Ledger(Terms(DOWN, window=window))
    if early:
        Leaders.of(ledger)
    for event in events:
        if isinstance(event, Said):
            ledger.append(Report(event.trial, event.attempt, event.step, event.value))
        else:
            ledger.close(event.trial, event.state)
    return Leaders.of(ledger)


def test_of_clean_curves_each_is_expected_to_end_where_it_ended_and_the_first_is_sure():
    curves = [[top * (1.0 - math.exp(-step / 9)) for step in range(30)] for top in range(1, 15)]
    leaders = told(curves)
    assert [each.trial for each in leaders] == list(range(13, 3, -1))
    assert all(each.low == each.expected == each.last == each.high for each in leaders)
    assert [each.sure for each in leaders] == [1.0] + [None] * 9


def test_a_lucky_last_value_is_not_the_best():
    curves = noisy([1.0, 0.0, 0.1, 0.2, -0.3, 0.0], 0.3)
    curves[1][-1] = 1.9
    first = told(curves)[0]
    assert first.trial == 0
    assert first.low < 1.0 < first.high
    assert first.sure > 0.9


def test_in_a_study_of_the_first_edition_the_last_values_alone_count():
    curves = noisy([1.0, 0.0, 0.1, 0.2, -0.3, 0.0], 0.3)
    curves[1][-1] = 1.9
    leaders = told(curves, edition=1)
    assert leaders[0].trial == 1
    assert all(each.expected == each.last and each.low is None for each in leaders)


def test_of_equals_by_noise_alone_none_is_surely_the_best():
    firsts = [told(noisy([0.5] * 20, 0.1, seed=seed))[0] for seed in range(40)]
    assert np.mean([each.sure for each in firsts]) < 0.3
    assert np.mean([each.low < 0.5 < each.high for each in firsts]) > 0.8


def test_the_best_of_many_equals_is_drawn_towards_the_others():
    firsts = [told(noisy([0.0] * 30, 1.0, seed=seed))[0] for seed in range(30)]
    assert abs(np.mean([each.expected for each in firsts])) < 0.2
    assert np.mean([each.last for each in firsts]) > 0.3


def test_nine_of_ten_intervals_hold_the_end_that_the_noise_hides():
    held = []
    for seed in range(80):
        levels = np.random.default_rng(seed).normal(0.0, 0.2, 24)
        leaders = told(noisy(levels, 0.3, seed=seed + 1000))
        held += [each.low <= levels[each.trial] <= each.high for each in leaders]
    assert np.mean(held) == pytest.approx(0.9, abs=0.06)


def test_the_first_is_the_best_as_often_as_it_is_said_to_be():
    said, true = [], []
    for seed in range(150):
        levels = np.random.default_rng(seed).normal(0.0, 0.2, 12)
        first = told(noisy(levels, 0.3, seed=seed + 1000))[0]
        said.append(first.sure)
        true.append(first.trial == int(np.argmax(levels)))
    assert np.mean(said) == pytest.approx(np.mean(true), abs=0.12)


def test_the_grains_of_a_small_validation_set_are_noise():
    rng = np.random.default_rng(1)
    curves = [np.round(60 * (0.7 + rng.normal(0.0, 0.03, 30))) / 60 for _ in range(12)]
    first = told(curves)[0]
    assert first.low < first.high
    assert first.sure < 0.6


@pytest.mark.parametrize("direction", [UP, DOWN])
def test_of_equal_ends_the_trial_that_was_started_first_is_the_best(direction):
    assert [each.trial for each in told([[0.5] * 9] * 4, direction)] == [0, 1, 2, 3]


def test_of_two_trials_and_of_short_curves_nothing_is_claimed():
    for curves in (noisy([0.0, 1.0], 0.5), noisy([0.0] * 9, 0.5, steps=4)):
        for each in told(curves):
            assert each.expected == each.last
            assert (each.low, each.high, each.sure) == (None, None, None)


def test_an_infinite_value_stands_as_it_is_and_nan_leads_nobody():
    curves = [*noisy([0.0] * 5, 0.5), [0.0] * 9 + [math.inf], [9.0] * 9 + [math.nan]]
    leaders = told(curves)
    assert {each.trial for each in leaders} == set(range(6))
    first = leaders[0]
    assert (first.trial, first.expected, first.low, first.sure) == (5, math.inf, None, None)
    assert all(map(math.isfinite, (each.expected for each in leaders[1:])))


def test_no_trial_no_leader_and_of_many_ten():
    assert told([]) == ()
    assert len(told(noisy([0.0] * 30, 1.0))) == MOST_LEADERS


def test_values_near_the_largest_float_are_no_failure():
    curves = [[1.7e308 * (-1) ** (step * trial) for step in range(9)] for trial in range(8)]
    assert len(told(curves)) == 8


@given(st.integers(0, 10**6), st.sampled_from([-4.0, -1.0, 0.5, 16.0]), st.integers(-32, 32))
def test_leaders_shift_and_scale_and_turn_with_the_values(seed, scale, shift):
    curves = [values.round(3) for values in noisy(range(8), 1.0, seed=seed)]
    before = told(curves)
    after = told([values * scale + shift for values in curves], UP if scale > 0 else DOWN)
    assert [each.trial for each in after] == [each.trial for each in before]
    for a, b in zip(after, before, strict=True):
        assert a.expected == pytest.approx(b.expected * scale + shift)
        ends = sorted([b.low * scale + shift, b.high * scale + shift])
        assert [a.low, a.high] == pytest.approx(ends)
    assert after[0].sure == pytest.approx(before[0].sure, abs=0.02)


@given(st.integers(0, 10**6), st.sampled_from([None, 4]), st.randoms(use_true_random=False))
def test_leaders_do_not_depend_on_how_trials_interleave(seed, window, shuffle: Random):
    events = draw(seed, SHAPE)
    numbers = sorted({event.trial for event in events})
    shuffle.shuffle(numbers)
    one_by_one = [event for number in numbers for event in events if event.trial == number]
    expected = fed(events, window).told()
    assert fed(one_by_one, window).told() == expected
    assert fed(events, window, early=False).told() == expected


@given(st.integers(0, 10**6))
def test_leaders_asked_at_every_moment_are_those_asked_once(seed):
    ledger = Ledger(Terms(DOWN))
    leaders = Leaders.of(ledger)
    done = []
    for event in draw(seed, SHAPE):
        done.append(event)
        if isinstance(event, Said):
            ledger.append(Report(event.trial, event.attempt, event.step, event.value))
            continue
        ledger.close(event.trial, event.state)
        assert leaders.told() == fed(done).told()


@given(st.integers(0, 10**6), st.sampled_from([UP, DOWN]))
def test_only_trials_that_completed_lead_and_each_expected_value_lies_in_its_interval(
    seed, direction
):
    ledger = Ledger(Terms(direction))
    completed = set()
    for event in draw(seed, SHAPE):
        if isinstance(event, Said):
            ledger.append(Report(event.trial, event.attempt, event.step, event.value))
        elif ledger.close(event.trial, event.state) and event.state is TrialState.COMPLETED:
            completed.add(event.trial)
    leaders = Leaders.of(ledger).told()
    assert {each.trial for each in leaders} <= completed
    scores = [ledger.score(each.expected) for each in leaders]
    assert scores == sorted(scores, reverse=True)
    for each in leaders:
        assert each.last == ledger.user(ledger.curve(each.trial).last)
        assert each.low is None or each.low <= each.expected <= each.high
    assert all(each.sure is None for each in leaders[1:])
