"""What is known of a table's values, and what is forgotten."""

import math
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.collectors.reported_values import MOST, ReportedValues
from espalier_sidecar.collectors.table_columns import MOST_COLUMNS
from espalier_sidecar.errors import BadReport


def test_each_value_is_new_once_and_of_two_the_first_stands() -> None:
    known = ReportedValues({})
    assert known.take(Reading("loss", 3, 0.5), False)
    assert not known.take(Reading("loss", 3, 0.5), False)
    with pytest.raises(BadReport, match=r"'loss' at step 3; came 0\.4 after 0\.5, which stands"):
        known.take(Reading("loss", 3, 0.4), False)
    assert known.take(Reading("acc", 3, 0.4), False)


def test_nan_is_the_same_as_nan() -> None:
    known = ReportedValues({})
    assert known.take(Reading("loss", 3, math.nan), False)
    assert not known.take(Reading("loss", 3, math.nan), False)
    with pytest.raises(BadReport):
        known.take(Reading("loss", 3, 0.4), False)


def test_up_to_where_it_was_reported_a_table_that_is_read_again_has_nothing_new() -> None:
    known = ReportedValues({"loss": 7})
    assert not known.take(Reading("loss", 7, 0.5), True)
    assert known.take(Reading("loss", 8, 0.5), True)
    assert known.take(Reading("acc", 7, 0.5), True)
    # In a row that was not there before, a step that comes late is new.
    assert known.take(Reading("loss", 6, 0.5), False)
    assert known.floors() == {"loss": 8, "acc": 7}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), max_size=200))
def test_in_any_order_each_is_new_once(seen: list[tuple[str, int]]) -> None:
    known, new = ReportedValues({}), set()
    for metric, step in seen:
        assert known.take(Reading(metric, step, step / 3), False) == ((metric, step) not in new)
        new.add((metric, step))
    assert known.floors() == {
        metric: max(step for other, step in new if other == metric) for metric, _ in new
    }


@pytest.mark.parametrize("metrics", [1, 7, MOST_COLUMNS])
def test_it_stays_small_and_remembers_how_far_each_metric_came(metrics: int) -> None:
    names = [f"metric {number}" for number in range(metrics)]
    readings = [
        Reading(names[number % metrics], float(number // metrics), 0.5)
        for number in range(max(3 * MOST, 3 * metrics))
    ]
    tracemalloc.start()
    known = ReportedValues({})
    assert all(known.take(each, False) for each in readings)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 640 * 1024
    assert not any(known.take(each, True) for each in readings)


def test_metrics_beyond_a_thousand_are_refused() -> None:
    known = ReportedValues({})
    for number in range(MOST_COLUMNS):
        assert known.take(Reading(f"metric {number}", 1, 0.5), False)
    with pytest.raises(BadReport, match="at most 1000 metrics"):
        known.take(Reading("another", 1, 0.5), False)
