"""What is said of a study's end: never anything silly, and the truth where nothing is left open."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from espalier.planning.forecast.of_end import ENOUGH, Course, forecast

NOW = 100_000.0
SECONDS = st.floats(0.0, 1e6)
COURSES: Any = st.builds(
    Course,
    now=st.just(NOW),
    start=st.floats(0.0, NOW),
    ended=st.lists(st.floats(1e-3, 1e6), max_size=60),
    young=st.lists(SECONDS, max_size=20),
    old=st.lists(SECONDS, max_size=5),
    held=SECONDS,
    left=st.integers(0, 2000),
    slots=st.integers(0, 100),
    whole=st.none() | st.floats(1.0, 1e6),
    recent=st.none() | st.tuples(st.integers(1, 100), st.floats(0.0, NOW)),
)
STEADY = Course(
    now=NOW,
    start=NOW - 1000.0,
    ended=[100.0] * 40,
    young=[50.0] * 4,
    held=4000.0 + 200.0,
    left=40,
    slots=4,
    recent=(40, NOW - 1000.0),
)


@settings(max_examples=150, deadline=None)
@given(COURSES)
@example(replace(STEADY, held=2e-309, recent=None))
@example(replace(STEADY, held=1e-300, left=0, recent=None))
def test_no_end_is_before_now_or_out_of_its_bounds(course):
    found = forecast(course)
    if found is not None:
        assert NOW <= found.low <= found.end <= found.high < float("inf")
        assert found.last_start >= NOW
        assert 0.0 <= found.at_once <= course.slots


@settings(max_examples=20, deadline=None)
@given(COURSES)
def test_the_same_course_gives_the_same_forecast(course):
    assert forecast(course) == forecast(course)


def test_what_is_left_of_a_steady_study_takes_its_time():
    found = forecast(STEADY)
    assert found is not None
    # 50 s until the slots are free, and ten more trials in each of them
    assert found.end - NOW == pytest.approx(1050.0, rel=0.05)
    assert found.low < NOW + 1050.0 < found.high
    assert found.life == pytest.approx(100.0, rel=0.01)


def test_twice_the_slots_take_half_the_time():
    slow = forecast(STEADY)
    wide = forecast(replace(STEADY, slots=8, young=[50.0] * 8, held=8400.0, recent=(80, NOW - 1e3)))
    assert slow is not None
    assert wide is not None
    assert wide.end - NOW == pytest.approx((slow.end - NOW) / 2, rel=0.1)


def test_a_queue_that_keeps_slots_empty_counts():
    found = forecast(replace(STEADY, held=2100.0, recent=(20, NOW - 1000.0), ended=[100.0] * 20))
    assert found is not None
    assert found.end - NOW == pytest.approx(2000.0, rel=0.15)


def test_nothing_is_said_before_enough_trials_have_ended():
    assert forecast(replace(STEADY, ended=[100.0] * (ENOUGH - 1))) is None
    assert forecast(replace(STEADY, ended=[100.0] * ENOUGH)) is not None


def test_those_that_run_tell_that_trials_live_longer_than_the_first_that_ended():
    short = forecast(replace(STEADY, ended=[10.0] * 6, young=[], whole=None))
    long = forecast(replace(STEADY, ended=[10.0] * 6, young=[500.0] * 4, whole=1000.0))
    assert short is not None
    assert long is not None
    assert long.life > 20 * short.life
