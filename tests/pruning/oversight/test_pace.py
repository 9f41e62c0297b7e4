"""How long running trials take from value to value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning.oversight.pace import StudyPace

gaps = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=20)


def told(trials: list[list[float]]) -> StudyPace:
    pace = StudyPace()
    for trial, waits in enumerate(trials):
        at = 0.0
        pace.reported(trial, at)
        for wait in waits:
            at += wait
            pace.reported(trial, at)
    return pace


@given(trials=st.lists(gaps, min_size=1, max_size=5))
def test_each_running_trial_counts_the_same(trials: list[list[float]]) -> None:
    means = [sum(waits) / len(waits) for waits in trials]
    assert told(trials).seconds() == pytest.approx(sum(means) / len(means), rel=1e-9, abs=1e-9)


def test_values_in_bursts_have_the_pace_of_those_one_by_one() -> None:
    assert told([[0.0, 0.0, 0.0, 4.0]]).seconds() == told([[1.0, 1.0, 1.0, 1.0]]).seconds() == 1.0


def test_nothing_is_known_before_a_trial_has_reported_twice() -> None:
    assert told([]).seconds() is None
    assert told([[], []]).seconds() is None


def test_trials_that_ended_do_not_count_but_for_the_last_one() -> None:
    pace = told([[1.0], [3.0], []])
    pace.ended(0)
    assert pace.seconds() == 3.0
    pace.ended(1)
    assert pace.seconds() == 3.0
    pace.reported(2, 7.0)
    assert pace.seconds() == 7.0


def test_it_says_since_when_trials_report() -> None:
    pace = StudyPace()
    pace.reported(0, 1.0)
    pace.reported(1, 2.0)
    pace.reported(0, 3.0)
    assert [pace.since(trial, 9.0) for trial in (0, 1, 2)] == [1.0, 2.0, 9.0]
    assert [pace.running_since(at) for at in (0.5, 1.0, 2.0)] == [0, 1, 2]
    pace.ended(0)
    assert pace.running_since(2.0) == 1
