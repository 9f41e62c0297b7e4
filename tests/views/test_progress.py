"""The best so far."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, TrialState
from espalier.pruning.repeats import Repeat
from espalier.views.progress import progress_view
from tests.views.studies import study_of

VALUES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 9), st.floats(-9, 9) | st.just(math.nan)),
    unique_by=lambda each: each[:2],
    max_size=30,
)


@given(VALUES, st.sampled_from(Direction))
def test_each_point_is_better_than_all_before_it_and_the_last_is_the_best(
    values: list[tuple[int, int, float]], direction: Direction
) -> None:
    points = progress_view(study_of(values, direction=direction))["reported"]
    scores = [direction.score(each["value"]) for each in points]
    assert all(one < other for one, other in itertools.pairwise(scores))
    known = [direction.score(value) for _, _, value in values if math.isfinite(value)]
    assert scores[-1:] == ([max(known)] if known else [])


def test_completed_trials_count_by_their_last_value() -> None:
    values = [(0, 1, 0.9), (0, 2, 0.5), (1, 1, 0.6), (2, 2, 0.99), (3, 1, 0.7)]
    ends = {
        0: TrialState.COMPLETED,
        1: TrialState.COMPLETED,
        2: TrialState.FAILED,
        3: TrialState.PRUNED,
    }
    view = progress_view(study_of(values, ends=ends))
    assert [(each["trial"], each["value"]) for each in view["completed"]] == [(0, 0.5), (1, 0.6)]
    assert [each["trial"] for each in view["reported"]] == [0, 2]


def test_a_repeat_of_a_finalist_is_no_progress() -> None:
    repeat = Repeat(1, 1).number
    ends = {1: TrialState.COMPLETED, repeat: TrialState.COMPLETED}
    view = progress_view(study_of([(1, 1, 0.5), (repeat, 1, 0.9)], ends=ends))
    assert [each["trial"] for each in view["completed"]] == [1]
    assert [each["trial"] for each in view["reported"]] == [1]
