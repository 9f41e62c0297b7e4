"""What trials ran, in columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from espalier.views.configurations import chosen, configurations_view
from tests.views.studies import study_of

SPEC = {
    "parameters": [
        {"name": "lr", "float": {"min": 0.1, "max": 1.0, "scale": "Log"}},
        {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
    ]
}


@given(st.integers(0, 200), st.integers(2, 60), st.randoms(use_true_random=False))
def test_half_of_those_shown_are_the_best(count: int, most: int, chance: object) -> None:
    numbers = list(range(count))
    ranks = {number: count - number for number in numbers}
    found = chosen(numbers, ranks, most)
    assert found == sorted(set(found))
    assert len(found) == min(count, most)
    assert set(numbers[::-1][: min(count, most // 2)]) <= set(found)


def test_a_trial_without_a_parameter_has_none_there() -> None:
    parameters = {0: {"lr": 0.3, "optimizer": "sgd"}, 1: {"optimizer": "adam"}}
    view = configurations_view(study_of([(0, 1, 0.5)], parameters=parameters, spec=SPEC), None)
    assert [each["values"] for each in view["trials"]] == [[0.3, "sgd"], [None, "adam"]]
    assert [each["value"] for each in view["trials"]] == [0.5, None]
    assert [each["kind"] for each in view["parameters"]] == ["float", "categorical"]
    assert view["parameters"][1]["values"] == ["sgd", "adam"]
