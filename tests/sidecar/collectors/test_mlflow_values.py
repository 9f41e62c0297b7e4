"""What a trainer logs with MLflow, as values: their steps, their runs, those that come twice."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.mlflow_values import MOST_MISMATCHES, Values, same
from espalier_sidecar.collectors.reading import MOST_COUNTED, Translation
from espalier_sidecar.report import Report


def made(parameters=None, system_metrics=False, names=None, scale=None):
    return Values(Translation(names or {}, scale), parameters or {}, system_metrics)


def logged(key, value, step=0, timestamp=0):
    return {"key": key, "value": value, "timestamp": timestamp, "step": step}


def steps_of(values, steps, key="loss", run="a"):
    """Log a value at each step; return the steps that come of it, and the last ones at the end."""
    found = []
    for number, step in enumerate(steps):
        found += values.metric(run, logged(key, number, step, number), 0)
    found += values.ended(None)
    assert [each.value for each in found] == list(range(len(steps)))
    return [each.step for each in found]


@pytest.mark.parametrize(
    ("steps", "come"),
    [
        pytest.param([0, 0, 0], [1, 2, 3], id="none is given, and the client sends 0"),
        pytest.param([0, 1, 2], [0, 1, 2], id="epochs from 0"),
        pytest.param([1, 2, 3], [1, 2, 3], id="epochs from 1"),
        pytest.param([0, 100, 200], [0, 100, 200], id="steps of the optimiser"),
        pytest.param([0], [1], id="one value, whose run ends"),
        pytest.param([7], [7], id="one value with a step"),
        pytest.param([0, 0, 1, 1], [1, 2, 3, 4], id="several values an epoch are counted"),
        pytest.param([1, 0, 2], [1, 0, 2], id="back to 0"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_steps(steps, come):
    assert steps_of(made(), steps) == come


def test_each_metric_is_counted_for_itself():
    values = made()
    found = []
    for number in range(3):
        found += values.metric("a", logged("loss", 0.5, 0, number), 0)
        found += values.metric("a", logged("accuracy", 0.5, number, number), 0)
    assert sorted(found) == sorted(
        [Report("loss", step, 0.5) for step in (1, 2, 3)]
        + [Report("accuracy", step, 0.5) for step in (0, 1, 2)]
    )


@given(st.lists(st.sampled_from([0, 0, 1, 5]), max_size=9), st.data())
def test_a_restart_changes_no_step(steps, data):
    restarts = data.draw(st.sets(st.integers(0, 9)))
    through, once = made(), made()
    found, expected = [], []
    for number, step in enumerate(steps):
        if number in restarts and all(each == 0 for each in steps[:number]):
            state = json.loads(json.dumps(through.state()))
            through = made()
            through.resume(state)
        for values, into in ((through, found), (once, expected)):
            into += values.metric("a", logged("loss", number, step, number), 0)
    assert found == expected
    assert through.ended(None) == once.ended(None)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x)))
def test_a_state_that_is_none_is_left_out(state):
    values = made()
    values.resume({"counts": state, "waiting": state, "counted": state, "owners": state})
    json.dumps(values.state())


def test_the_run_that_logs_a_metric_first_is_taken():
    values = made()
    assert values.metric("a", logged("loss", 1, 1), 0) == [Report("loss", 1, 1.0)]
    assert values.metric("b", logged("loss", 2, 2), 0) == []
    assert values.metric("b", logged("accuracy", 3, 3), 0) == [Report("accuracy", 3, 3.0)]
    health = values.health("/mlflow", "")
    assert "run 'a' logged it first" in health.passed_over
    assert (health.seen, health.matched, health.bad) == (3, 2, 0)
    assert health.names == ("loss", "accuracy")


def test_what_waits_is_reported_when_its_own_run_ends():
    values = made()
    assert values.metric("a", logged("loss", 1), 0) == []
    assert values.health("/mlflow", "").names == ("loss",)
    assert values.ended("b") == []
    assert values.ended("a") == [Report("loss", 1, 1.0)]
    assert values.ended("a") == []


def test_what_the_client_sends_again_is_not_counted_again():
    values = made()
    first = [logged("loss", "NaN", 0, 5), logged("loss", "NaN", 0, 5)]
    found = [values.metric("a", each, place) for place, each in enumerate(first)]
    again = [values.metric("a", each, place) for place, each in enumerate(first)]
    assert found == [[], [Report("loss", 1, None), Report("loss", 2, None)]]
    assert again == [[], []]
    assert values.metric("a", logged("loss", "NaN", 0, 6), 0) == [Report("loss", 3, None)]


@pytest.mark.parametrize(
    ("value", "comes"),
    [
        *((0.5, 0.5), (1, 1.0), ("0.5", 0.5), (math.inf, None)),
        *((each, None) for each in ("NaN", "Infinity", "-Infinity")),
        *((each, "bad") for each in (10**400, True, None, [], "x")),
    ],
)
def test_values(value, comes):
    values = made()
    found = values.metric("a", logged("loss", value, 3), 0)
    assert found == ([] if comes == "bad" else [Report("loss", 3, comes)])
    assert values.health("/mlflow", "").bad == (comes == "bad")


@pytest.mark.parametrize("step", ["3", 3, 3.0])
def test_a_step_may_be_a_number_in_any_form(step):
    assert made().metric("a", logged("loss", 1, step), 0) == [Report("loss", 3, 1.0)]


@pytest.mark.parametrize("step", ["x", 0.5, None, True, [], -1, 2**70, "9" * 30, "٣"])
def test_a_step_that_is_none_is_counted_as_bad(step):
    values = made()
    assert values.metric("a", logged("loss", 1, step), 0) == []
    assert values.health("/mlflow", "").bad == 1


@pytest.mark.parametrize("metric", [None, [], 5, {}, {"key": "a"}, {"key": 5, "value": 1}])
def test_what_is_no_metric_is_counted_as_bad(metric):
    values = made()
    assert values.metric("a", metric, 0) == []
    assert values.health("/mlflow", "").bad == 1


@pytest.mark.parametrize("name", ["a\nb", "", " a", "\x1b[31m", "x" * 251, "\ud800"])
def test_a_name_that_no_metric_can_have_is_said(name):
    values = made()
    assert values.metric("a", logged(name, 1, 1), 0) == []
    assert values.health("/mlflow", "").passed_over.isprintable()


def test_metrics_of_the_machine_are_taken_only_if_asked_for():
    metric = logged("system/cpu_utilization_percentage", 5, 1)
    assert made().metric("a", metric, 0) == []
    assert len(made(system_metrics=True).metric("a", metric, 0)) == 1


def test_names_and_steps_become_the_studys():
    values = made(names={"val/loss": "loss"}, scale=0.001)
    assert values.metric("a", logged("val/loss", 1, 2000), 0) == [Report("loss", 2, 1.0)]


def test_a_thousand_metrics_without_steps_are_bounded():
    values = made()
    for number in range(3):
        for metric in range(1000):
            values.metric("a", logged(f"m{metric}", number, 0, number), 0)
    health = values.health("/mlflow", "")
    assert len(values.state()["counts"]) == MOST_COUNTED
    assert health.matched >= 3 * MOST_COUNTED
    assert health.bad


@pytest.mark.parametrize(
    ("given", "used", "agree"),
    [
        (0.1, "0.1", True),
        (0.1, "0.10000000149011612", True),
        (0.001, "1e-3", True),
        (0.1, "0.2", False),
        (32, "32", True),
        (32, "32.0", True),
        (32, "64", False),
        (32, "thirty-two", False),
        ("adam", "adam", True),
        ("adam", "sgd", False),
        ("0.1", "0.10", False),
        (True, "True", True),
        (True, "1", False),
        (0, "0", True),
    ],
)
def test_a_parameter_is_compared_as_what_it_is(given, used, agree):
    assert same(given, used) == agree
    values = made({"x": given})
    values.parameter({"key": "x", "value": used})
    assert values.health("/mlflow", "").mismatches == (() if agree else (("x", str(given), used),))


def test_only_the_trials_own_parameters_are_compared_and_each_once():
    values = made({f"p{number}": number for number in range(20)})
    for number in range(20):
        values.parameter({"key": f"p{number}", "value": "other"})
        values.parameter({"key": f"p{number}", "value": "another"})
        values.parameter({"key": f"params/p{number}", "value": "other"})
    for odd in (None, [], {"key": 5}, {"key": None, "value": 3}):
        values.parameter(odd)
    mismatches = values.health("/mlflow", "").mismatches
    assert len(mismatches) == MOST_MISMATCHES
    assert {used for _, _, used in mismatches} == {"other"}
