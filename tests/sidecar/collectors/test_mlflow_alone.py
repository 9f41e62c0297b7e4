"""The answers without a tracking server: to anything at all, and in little memory."""

import json

from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.mlflow_alone import (
    _ROUTES,
    LONGEST_TEXT,
    MOST_ENTRIES,
    MOST_RUNS,
    Alone,
)
from espalier_sidecar.collectors.mlflow_tap import FIELDS

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ROUTES = st.sampled_from([*_ROUTES, "logged-models/m-1", "logged-models/m-1/tags"]) | st.text()
METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE", "HEAD", "BREW"])


@given(
    st.lists(
        st.tuples(METHODS, ROUTES, st.dictionaries(st.sampled_from(sorted(FIELDS)), ANYTHING)),
        max_size=5,
    ),
    st.lists(ANYTHING, max_size=3),
)
def test_anything_is_answered(requests, tags):
    alone = Alone()
    for method, route, fields in requests:
        status, body = alone.answer(method, route, {**fields, "tags": tags})
        assert status in (200, 404)
        json.dumps(body)
        alone.run("a").keep("metrics", fields)


def test_what_was_logged_can_be_asked_for():
    alone = Alone()
    _, made = alone.answer("POST", "runs/create", {"run_name": "r", "experiment_id": "7"})
    run = made["run"]["info"]["run_id"]
    alone.run(run).keep("params", {"key": "lr", "value": "0.1"})
    alone.run(run).keep("metrics", {"key": "loss", "value": 0.5, "step": 1, "timestamp": 2})
    alone.answer("POST", "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 9})
    _, found = alone.answer("GET", "runs/get", {"run_id": run})
    assert found["run"]["data"]["params"] == [{"key": "lr", "value": "0.1"}]
    assert found["run"]["data"]["metrics"][0]["value"] == 0.5
    info = found["run"]["info"]
    assert (info["run_name"], info["experiment_id"], info["status"]) == ("r", "7", "FINISHED")


def test_experiments_have_the_same_number_each_time():
    _, first = Alone().answer("GET", "experiments/get-by-name", {"experiment_name": "digits"})
    _, again = Alone().answer("POST", "experiments/create", {"name": "digits"})
    assert first["experiment"]["experiment_id"] == again["experiment_id"] != "0"


def test_a_model_becomes_ready_and_stays_what_it_is():
    alone = Alone()
    _, made = alone.answer("POST", "logged-models", {"name": "m", "experiment_id": "0"})
    id_ = made["model"]["info"]["model_id"]
    alone.answer("PATCH", f"logged-models/{id_}", {"status": "LOGGED_MODEL_READY"})
    _, found = alone.answer("GET", f"logged-models/{id_}", {})
    assert found["model"]["info"] == {**made["model"]["info"], "status": "LOGGED_MODEL_READY"}


def test_what_is_kept_is_bounded():
    alone = Alone()
    for number in range(3 * MOST_RUNS):
        run = alone.run(f"r{number}" * 100)
        for key in range(2 * MOST_ENTRIES):
            run.keep("tags", {"key": f"k{key}" * 200, "value": "v" * 5000})
        alone.answer("POST", "logged-models", {"name": "m" * 5000})
        alone.answer("POST", "experiments/create", {"name": f"{number}" * 5000})
    kept = [json.dumps(run.body()) for run in alone._runs.values()]
    assert len(kept) == len(alone._models) == len(alone._experiments) == MOST_RUNS
    assert max(len(each) for each in kept) < MOST_ENTRIES * (2 * LONGEST_TEXT + 50) + 2000
