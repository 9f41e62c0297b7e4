"""What is posted, as it may come."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.kubeflow_status import MOST_METRICS, read_post
from espalier_sidecar.errors import BadReport

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
METRIC = st.fixed_dictionaries({"name": ANYTHING, "value": ANYTHING})


@given(st.binary(max_size=200) | st.builds(lambda each: json.dumps(each).encode(), ANYTHING))
def test_whatever_is_posted_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadReport):
        read_post(body)


@given(st.lists(METRIC, max_size=5))
def test_what_is_no_number_or_no_name_takes_nothing_else_with_it(metrics: list[object]) -> None:
    good = {"name": "eval_loss", "value": "0.5"}
    body = json.dumps({"trainerStatus": {"metrics": [*metrics, good]}}).encode()
    try:
        found = read_post(body)
    except BadReport:
        return  # More brackets than a post of its length has.
    assert found["eval_loss"] == 0.5
    assert all(isinstance(each, float) for each in found.values())


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), ("1e-05", 1e-5), ("inf", math.inf), ("-3", -3.0), ("1_000", None), ("", None)],
)
def test_a_value_is_a_number_as_text(text: str, number: float | None) -> None:
    told = {"trainerStatus": {"metrics": [{"name": "a", "value": text}]}}
    assert read_post(json.dumps(told).encode()) == ({} if number is None else {"a": number})


def test_nan_is_a_value() -> None:
    assert math.isnan(read_post(b'{"trainerStatus":{"metrics":[{"name":"a","value":"nan"}]}}')["a"])


def test_as_many_metrics_are_read_as_the_clients_post() -> None:
    metrics = [{"name": f"m{at}", "value": "1.0"} for at in range(MOST_METRICS)]
    body = json.dumps({"trainerStatus": {"metrics": metrics}}, separators=(",", ":")).encode()
    assert len(read_post(body)) == MOST_METRICS
