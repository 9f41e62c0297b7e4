"""Configurations of earlier studies have a legal counterpart today, or a reason why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.search import (
    Choice,
    FloatRange,
    IntRange,
    NotCarried,
    Parameter,
    Predecessor,
    Random,
    Space,
    When,
    carry_over,
    in_common,
)
from espalier.search.contract import check_legal
from tests.search.spaces import any_domain, spaces

SPACE = Space(
    (
        Parameter("lr", FloatRange(0.001, 1.0)),
        Parameter("optimizer", Choice(("sgd", "adam"))),
        Parameter("momentum", FloatRange(0.0, 1.0), When("optimizer", ("sgd",))),
        Parameter("layers", IntRange(1, 4)),
    )
)
SGD = {"lr": 0.1, "optimizer": "sgd", "momentum": 0.5, "layers": 2}
ADAM = {"lr": 0.1, "optimizer": "adam", "layers": 2}


@given(spaces(any_domain), spaces(any_domain), st.integers(0, 99))
def test_whatever_the_earlier_space_was_the_counterpart_is_legal_today(before, today, seed):
    try:
        found = carry_over(today, (), Random().propose(before, (), seed, 0))
    except NotCarried:
        return
    check_legal(today, found)


@given(spaces(any_domain), st.integers(0, 99))
def test_in_the_same_space_a_configuration_is_its_own_counterpart(space, seed):
    given_values = Random().propose(space, (), seed, 0)
    assert carry_over(space, (), given_values) == given_values


@pytest.mark.parametrize(
    ("predecessors", "given_values", "carried"),
    {
        "values of parameters that take no part today are passed over": (
            (),
            {**ADAM, "momentum": 99, "weight_decay": "big"},
            ADAM,
        ),
        "a parameter that was called otherwise": (
            (Predecessor("lr", "learning_rate"),),
            {"learning_rate": 0.1, "optimizer": "adam", "layers": 2},
            ADAM,
        ),
        "what was called otherwise is not looked for under today's name": (
            (Predecessor("lr", "learning_rate"),),
            ADAM,
            "no value of lr",
        ),
        "a parameter that was not there, filled": (
            (Predecessor("layers", fill=2),),
            {"lr": 0.1, "optimizer": "adam"},
            ADAM,
        ),
        "a fill does not take a value's place": ((Predecessor("layers", fill=3),), ADAM, ADAM),
        "a parameter that was not there": (
            (),
            {"lr": 0.1, "optimizer": "adam"},
            "no value of layers",
        ),
        "a conditional one that was not there": (
            (),
            {name: value for name, value in SGD.items() if name != "momentum"},
            "no value of momentum",
        ),
        "a value beyond today's range": ((), {**ADAM, "lr": 1.5}, "lr out of its range"),
        "a choice that is none today": (
            (),
            {**ADAM, "optimizer": "lion"},
            "optimizer out of its range",
        ),
        "a text where a number belongs": ((), {**ADAM, "lr": "0.1"}, "lr out of its range"),
        "a whole number as JSON brings it back": ((), {**ADAM, "layers": 2.0}, ADAM),
        "true is not 1": ((), {**ADAM, "layers": True}, "layers out of its range"),
    }.values(),
)  # fmt: skip
def test_parameters_are_mapped(predecessors, given_values, carried):
    if isinstance(carried, str):
        with pytest.raises(NotCarried, match=carried):
            carry_over(SPACE, predecessors, given_values)
    else:
        assert carry_over(SPACE, predecessors, given_values) == carried


def test_what_is_in_common_is_told_by_the_names_that_parameters_had():
    names = frozenset({"learning_rate", "layers", "other"})
    assert in_common(SPACE, (), names) == ["layers"]
    assert in_common(SPACE, (Predecessor("lr", "learning_rate"),), names) == ["lr", "layers"]
    assert in_common(SPACE, (Predecessor("layers", fill=1),), frozenset({"x"})) == []
