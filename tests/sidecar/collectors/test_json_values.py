"""Objects as loggers write them, and whatever else is JSON."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.json_values import DEEPEST, MOST_VALUES, readings_of
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.errors import BadReport

SAYS = {
    "a flat object gives a value a key": (
        {"step": 3, "loss": 0.5, "acc": 1},
        [("loss", 3, 0.5), ("acc", 3, 1.0)],
    ),
    "nested names are joined by a slash": (
        {"epoch": 1.0, "eval": {"loss": 0.5, "top": {"1": 0.9}}},
        [("eval/loss", 1, 0.5), ("eval/top/1", 1, 0.9)],
    ),
    "of several keys that may be the step the first of the list is it, the others are values": (
        {"epoch": 2, "loss": 0.5, "global_step": 70},
        [("epoch", 70, 2.0), ("loss", 70, 0.5)],
    ),
    "Weights & Biases' own keys are the step, and no values": (
        {"loss": 0.5, "_step": 4, "_runtime": 1.5, "_timestamp": 1796000000.1},
        [("loss", 4, 0.5)],
    ),
    "Lightning's step for Weights & Biases has a slash in it, or is nested": (
        {"trainer": {"global_step": 9}, "loss": 0.5},
        [("loss", 9, 0.5)],
    ),
    "the step may be written in capitals": ({"Epoch": 7, "loss": 0.5}, [("loss", 7, 0.5)]),
    "a step that is null is none": ({"step": None, "epoch": 7, "x": 1}, [("x", 7, 1.0)]),
    "without a step the values are to be counted": ({"loss": 0.5}, [("loss", None, 0.5)]),
    "texts, truth values, null and lists are passed over": (
        {"step": 1, "at": "12:00", "best": True, "val": None, "per_class": [0.1, 0.2], "x": 2},
        [("x", 1, 2.0)],
    ),
    "a time stamp is no value": ({"step": 1, "timestamp": 1.8e9, "x": 2}, [("x", 1, 2.0)]),
    "a number too large for a float is infinite": (
        {"step": 1, "x": 10**400, "y": -(10**400)},
        [("x", 1, math.inf), ("y", 1, -math.inf)],
    ),
    "of two keys that come to the same name the first is taken": (
        {"a/b": 1, "a": {"b": 2}},
        [("a/b", None, 1.0)],
    ),
}


@pytest.mark.parametrize("says", SAYS)
def test_of_an_object(says: str) -> None:
    found, readings = SAYS[says]
    assert readings_of(found) == [Reading(*each) for each in readings]


def test_a_time_is_a_value_if_the_study_asks_for_it() -> None:
    assert readings_of({"step": 1, "time": 2.5}, "time") == [("time", 1, 2.5)]


def test_infinities_and_nan_come_as_python_writes_them() -> None:
    (nan, infinite) = readings_of(json.loads('{"step": 1, "x": NaN, "y": -Infinity}'))
    assert math.isnan(nan.value)
    assert infinite == ("y", 1, -math.inf)


BAD: dict[str, tuple[Any, str]] = {
    "a list": ([1, 2], "expected a JSON object; came"),
    "a number": (3, "expected a JSON object; came 3"),
    "a step in quotes": ({"step": "3", "x": 1}, "expected as step a number, not in quotes"),
    "a step that is true": ({"step": True, "x": 1}, "expected as step a number"),
    "too many keys": (dict.fromkeys(map(str, range(MOST_VALUES + 1)), 1), "at most 1000 keys"),
}


@pytest.mark.parametrize("what", BAD)
def test_is_refused(what: str) -> None:
    found, message = BAD[what]
    with pytest.raises(BadReport, match=message):
        readings_of(found)


def test_what_is_nested_too_deep_is_refused_and_not_followed() -> None:
    found: dict[str, Any] = {"x": 1}
    for _ in range(DEEPEST - 1):
        found = {"a": found}
    assert len(readings_of(found)) == 1
    with pytest.raises(BadReport, match="at most 8 deep"):
        readings_of({"a": found})


NUMBERS = st.floats() | st.integers()
JSON = st.recursive(
    NUMBERS | st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=30,
)


@given(JSON)
def test_anything_is_read_or_refused_and_gives_floats(found: Any) -> None:
    try:
        readings = readings_of(found)
    except BadReport:
        return
    assert all(type(each.value) is float for each in readings)
    assert len({each.metric for each in readings}) == len(readings)
    assert len({each.step for each in readings}) <= 1
