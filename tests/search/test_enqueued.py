"""Configurations that a Study lists come first, whole or in part, and none comes twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from espalier.search import (
    Choice,
    FloatRange,
    IntRange,
    Outcome,
    Parameter,
    PastTrial,
    Random,
    Space,
    When,
    complete,
    propose_untried,
)
from espalier.search.contract import check_legal
from espalier.search.proposal import ENQUEUED
from tests.search.spaces import any_domain, spaces

SPACE = Space(
    (
        Parameter("lr", FloatRange(0.0, 1.0)),
        Parameter("optimizer", Choice(("sgd", "adam"))),
        Parameter("momentum", FloatRange(0.0, 1.0), When("optimizer", ("sgd",))),
        Parameter("layers", IntRange(1, 4)),
    )
)


def run(parameters, earlier=""):
    return PastTrial(0, parameters, Outcome.RUNNING, earlier=earlier)


@given(spaces(any_domain), st.integers(0, 2**31), st.integers(0, 10**6), st.data())
def test_a_part_of_a_configuration_is_completed_to_a_legal_one_that_keeps_it(
    space, seed, number, data
):
    whole = Random().propose(space, (), data.draw(st.integers(0, 99)), 0)
    names = [p.name for p in space.parameters if p.when is None and p.name in whole]
    kept = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    part = {name: whole[name] for name in kept}
    found = complete(space, part, seed, number)
    check_legal(space, found)
    assert part.items() <= found.items()
    assert complete(space, part, seed, number) == found


@given(spaces(any_domain), st.integers(0, 2**31), st.integers(0, 99))
def test_what_is_whole_stays_as_it_is(space, seed, number):
    whole = Random().propose(space, (), seed, number)
    assert complete(space, whole, seed + 1, number + 1) == whole


def test_what_is_listed_comes_first_and_in_its_order():
    listed = [{"lr": 0.25, "optimizer": "adam"}, {"layers": 4}]
    history = []
    for number, given_values in enumerate(listed):
        found = propose_untried(Random(), SPACE, history, 1, number, listed)
        assert found.source == ENQUEUED
        assert given_values.items() <= found.parameters.items()
        check_legal(SPACE, found.parameters)
        history.append(run(found.parameters))
    assert propose_untried(Random(), SPACE, history, 1, 2, listed).source == "Random"


def test_an_earlier_study_having_run_it_does_not_hold_a_listed_configuration_back():
    whole = {"lr": 0.25, "optimizer": "adam", "layers": 2}
    history = [run(whole, earlier="old")]
    found = propose_untried(Random(), SPACE, history, 1, 0, [whole])
    assert (found.source, found.parameters, found.repeats) == (ENQUEUED, whole, True)


def test_a_trial_that_was_lost_leaves_its_configuration_to_be_tried():
    whole = {"lr": 0.25, "optimizer": "adam", "layers": 2}
    lost = PastTrial(0, whole, Outcome.LOST)
    assert propose_untried(Random(), SPACE, [lost], 1, 1, [whole]).parameters == whole


def test_what_a_part_leaves_open_is_none_that_is_known():
    space = Space((Parameter("a", Choice((1, 2))), Parameter("b", Choice((1, 2, 3)))))
    history = [run({"a": 1, "b": b}, earlier="old") for b in (1, 3)]
    for seed in range(20):
        found = propose_untried(Random(), space, history, seed, 0, [{"a": 1}])
        assert found.parameters == {"a": 1, "b": 2} or found.repeats


def test_earlier_configurations_are_not_run_again_unless_that_is_asked_for():
    space = Space((Parameter("a", Choice((1, 2))),))
    history = [run({"a": 1}, earlier="old")]
    for seed in range(20):
        assert propose_untried(Random(), space, history, seed, 0).parameters == {"a": 2}
    chosen = {
        propose_untried(Random(), space, history, seed, 0, rerun=True).parameters["a"]
        for seed in range(20)
    }
    assert chosen == {1, 2}
