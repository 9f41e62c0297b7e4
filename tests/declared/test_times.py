"""Lengths and points of time as texts."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.declared.times import seconds_of_duration, seconds_of_time


@pytest.mark.parametrize(
    ("text", "seconds"), [("20h", 72000), ("1h30m", 5400), ("45m", 2700), ("0s", 0), ("1h1s", 3601)]
)
def test_a_length_of_time_is_so_many_seconds(text, seconds):
    assert seconds_of_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "20", "h", "1m1h", "-1h", "1.5h", "1h ", "٣h", "1000000h"])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(ValueError, match="expected a length of time such as"):
        seconds_of_duration(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01T01:00:10+01:00", 10.0),
        ("1970-01-01T00:00:10.5Z", 10.5),
    ],
)
def test_a_point_in_time_is_so_many_seconds_since_the_epoch(text, seconds):
    assert seconds_of_time(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "today", "2026-12-24", "2026-12-24T18:00:00", "2026-02-30T00:00:00Z", "0001-01-01"]
)
def test_what_is_no_point_in_time_is_refused(text):
    with pytest.raises(ValueError, match="expected a time such as"):
        seconds_of_time(text)


@given(st.text(max_size=40))
def test_no_text_does_worse_than_being_refused(text):
    for read in (seconds_of_duration, seconds_of_time):
        with contextlib.suppress(ValueError):
            assert read(text) == read(text)
