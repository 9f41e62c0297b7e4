"""Curves of other tools are those of the study's own log, or it is said why there are none."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.backtest.curves_elsewhere import curves_of_optuna, curves_of_table
from espalier.errors import UsageError
from espalier.pruning import Direction
from espalier.search import Outcome
from espalier.search.optuna_storage import OptunaStudy, OptunaTrial

TIMED = """trial,attempt,metric,step,value,at
0,1,acc,1,0.5,2026-01-31T12:00:10.500Z
0,1,loss,1,9,2026-01-31T12:00:10.500Z
1,1,acc,1,0.25,2026-01-31T12:00:11Z
0,1,acc,2,0.75,2026-01-31T12:00:20.500Z
0,1,acc,2,0.1,2026-01-31T12:00:21.500Z
1,1,acc,2,nan,2026-01-31T12:00:13Z
2,1,acc,1,0.125,2026-01-31T12:00:13Z
"""


def test_a_table_is_read_by_its_times_and_cut_trials_are_left_out() -> None:
    found = curves_of_table(TIMED, "t", "acc", Direction.MAXIMIZE)
    np.testing.assert_array_equal(found.values, [[0.5, 0.75], [0.25, math.nan]])
    np.testing.assert_array_equal(found.seconds, [[10.0, 20.0], [2.0, 4.0]])


@pytest.mark.parametrize(
    ("header", "seconds"), [("seconds", [[0.5, 3.0]]), ("other", [[1.0, 2.0]])]
)
def test_a_table_of_a_metrics_own_column_needs_no_times(header: str, seconds: list) -> None:
    text = f"trial,step,loss,{header}\na,0,1.5,0.5\na,5,1,3\n"
    found = curves_of_table(text, "t", "loss", Direction.MINIMIZE)
    np.testing.assert_array_equal(found.values, [[1.5, 1.0]])
    np.testing.assert_array_equal(found.seconds, seconds)


def trial(
    number: int, outcome: Outcome, *values: float, seconds: float | None = 6.0
) -> OptunaTrial:
    return OptunaTrial(number, {}, outcome, tuple(range(len(values))), values, seconds)


def test_completed_trials_of_optuna_share_their_time_among_their_steps() -> None:
    trials = (
        trial(0, Outcome.COMPLETED, 3.0, 2.0, 1.0),
        trial(1, Outcome.PRUNED, 3.0, 2.0, 1.5),
        trial(2, Outcome.COMPLETED, 3.0, 2.5),
        trial(3, Outcome.COMPLETED, 4.0, 3.5, math.nan, seconds=None),
    )
    found = curves_of_optuna(OptunaStudy("s", False, 2, trials, 0), "s")
    assert found.direction is Direction.MINIMIZE
    np.testing.assert_array_equal(found.values, [[3.0, 2.0, 1.0], [4.0, 3.5, math.nan]])
    np.testing.assert_array_equal(found.seconds, [[2.0, 4.0, 6.0], [1.0, 2.0, 3.0]])


BAD = {
    "another table": ("lr,loss\n1,2\n", "expected columns trial, step and value, got lr, loss"),
    "nothing": ("", "expected columns trial"),
    "a step that is none": ("trial,step,value\n0,first,1\n", "line 2, step: expected a whole"),
    "a value that is none": ("trial,step,value\n0,1,high\n", "line 2, value: expected a number"),
    "a time that is none": ("trial,step,value,at\n0,1,1,noon\n", "line 2, at: expected a time"),
    "a short row": ("trial,step,value\n0\n", "line 2, step: expected a whole number, got ''"),
    "one step": ("trial,step,value\n0,1,1\n", "expected trials with a value at each of several"),
    "no whole trial": ("trial,step,value\n0,1,1\n1,2,1\n", "got none that is complete"),
    "two metrics": ("trial,step,metric,value\n0,1,a,1\n0,1,b,1\n", "expected which of a, b"),
    "a torn quote": ('trial,step,value\n0,1,"1\n', "expected a row of a CSV"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_is_no_such_table_is_said_with_its_line(fault: str) -> None:
    text, says = BAD[fault]
    with pytest.raises(UsageError) as raised:
        curves_of_table(text, "t", None, Direction.MINIMIZE)
    assert says in str(raised.value)


CELLS = st.sampled_from(["0", "1", "2", "nan", "1e999", "-1", "", "²", "2026-01-01T00:00:00Z", '"'])
NAMES = st.permutations(["trial", "step", "value", "at", "seconds", "metric"])


@given(
    NAMES.map(lambda names: ",".join(names[:4]) + "\n"),
    st.lists(st.lists(CELLS | st.text(max_size=3), max_size=5).map(",".join), max_size=5),
    st.sampled_from([None, "loss", "value"]),
)
def test_any_table_is_curves_or_ends_in_a_sentence(header, rows, metric) -> None:
    with contextlib.suppress(UsageError):
        curves_of_table(header + "\n".join(rows), "t", metric, Direction.MINIMIZE)
