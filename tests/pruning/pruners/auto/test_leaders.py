"""How far behind the leaders were of those that they beat in the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Report, Terms, TrialState
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.pruners.auto.first_edition import ranks_in_first_edition, scaled_rank
from espalier.pruning.pruners.auto.leaders import MOST_LEADERS_TAKEN, leaders_of, ranks_shown

HORIZON = 50


def course_of(curves: list[list[float]], ends: list[TrialState] | None = None) -> DenseRungs:
    """The course of trials that end as told, all of them completed by default."""
    ledger = Ledger(Terms(Direction.MAXIMIZE, HORIZON))
    course = DenseRungs.of(ledger, HORIZON)
    for trial, values in enumerate(curves):
        for step, value in enumerate(values, 1):
            ledger.append(Report(trial, 1, step, value))
        ledger.close(trial, ends[trial] if ends else TrialState.COMPLETED)
    return course


def steady(levels: list[float]) -> list[list[float]]:
    return [[level] * HORIZON for level in levels]


def test_before_three_trials_have_completed_nobody_leads():
    course = course_of(steady([1.0, 2.0]))
    assert (list(leaders_of(course)), ranks_shown(course, 0.0)) == ([], [])


@pytest.mark.parametrize(("ended", "leaders"), [(3, 2), (4, 2), (5, 3), (50, MOST_LEADERS_TAKEN)])
def test_the_better_half_of_the_completed_lead_and_at_most_ten(ended, leaders):
    assert len(ranks_shown(course_of(steady([float(i) for i in range(ended)])), 0.0)) == leaders


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=30, unique=True))
def test_where_ranks_never_change_every_leader_was_ahead_of_all_that_it_beat(levels):
    course = course_of(steady([float(level) for level in levels]))
    assert set(ranks_shown(course, 0.0)) == {0.0}
    # Among all trials only the first of them has nobody ahead.
    first = [scaled_rank(course, trial) for _, trial in leaders_of(course)]
    assert first == ranks_in_first_edition(course)
    assert [rank > 0.0 for rank in first] == [True] * (len(first) - 1) + [False]


def test_a_leader_that_came_from_behind_shows_how_far_behind_it_was():
    late = [-1.0] * (HORIZON - 1) + [9.0]
    course = course_of([*steady([0.0, 1.0, 2.0]), late])
    best, second = ranks_shown(course, 0.0)
    # Three of four were ahead of it at all rungs.
    assert best == pytest.approx(0.75 * sum(course.steps) / HORIZON / len(course.steps))
    assert second == 0.0


def test_trials_that_were_pruned_ahead_of_a_leader_count_as_beaten():
    curves = [*steady([0.0, 1.0, 2.0]), [5.0] * 10]
    ends = [TrialState.COMPLETED] * 3 + [TrialState.PRUNED]
    course = course_of(curves, ends)
    assert all(rank > 0.0 for rank in ranks_shown(course, 0.0))


@given(st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_a_wider_margin_never_puts_a_leader_further_behind(one, other):
    narrow, wide = sorted((one, other))
    course = course_of([*steady([0.0, 1.0, 2.0, 3.0]), [-1.0] * (HORIZON - 1) + [9.0]])
    for far, near in zip(ranks_shown(course, narrow), ranks_shown(course, wide), strict=True):
        assert near <= far
