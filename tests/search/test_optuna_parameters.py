"""Whatever a trial was given, Optuna shows it as it is, or it is said that it cannot."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import check_distribution_compatibility
from optuna.trial import TrialState, create_trial

from espalier.search.optuna_parameters import OptunaParameters
from espalier.search.space import (
    Choice,
    FloatRange,
    IntRange,
    Parameter,
    Scale,
    Space,
    When,
    same,
)

SPACE = Space(
    (
        Parameter("lr", FloatRange(1e-4, 1.0, Scale.LOG)),
        Parameter("drop", FloatRange(0.0, 0.7, step=0.1)),
        Parameter("width", IntRange(8, 100, step=8)),
        Parameter("depth", IntRange(1, 9, Scale.LOG)),
        Parameter("kind", Choice(("sgd", "adam"))),
        Parameter("odd", Choice((1, True, "1"))),
        Parameter("momentum", FloatRange(0.0, 0.99), When("kind", ("sgd",))),
    )
)
NAMES = st.sampled_from([*(each.name for each in SPACE.parameters), "other", "another"])
VALUES = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_infinity=False, allow_nan=False)
    | st.sampled_from(["sgd", "adam", "1", ""])
    | st.text(max_size=5)
)
JUNK = (
    st.none() | st.sampled_from([10**400, math.inf, math.nan]) | st.lists(st.integers(), max_size=2)
)


def legal(parameter: Parameter) -> st.SearchStrategy:
    return st.floats(0, 1, exclude_max=True).map(parameter.domain.from_unit)


def frozen(found):
    return create_trial(
        state=TrialState.RUNNING, params=found.values, distributions=found.distributions
    )


@given(st.lists(st.fixed_dictionaries({each.name: legal(each) for each in SPACE.parameters})))
def test_what_was_drawn_from_the_space_is_shown_as_it_is_by_the_space(trials):
    known = OptunaParameters.of(SPACE, trials)
    for trial in trials:
        found = known.fit(trial)
        frozen(found)
        assert {k: v for k, v in found.values.items() if k != "odd"} == pytest.approx(
            {k: v for k, v in trial.items() if k != "odd"}, abs=0
        )
        # Optuna takes True for 1: these are told apart as texts, and it is said so.
        assert found.values["odd"] in ("1", "true")
        assert not found.whole
        drawn = found.distributions
        assert (drawn["lr"].log, drawn["drop"].step, drawn["width"].high) == (True, 0.1, 96)
        assert drawn["kind"].choices == ("sgd", "adam")


@given(st.lists(st.dictionaries(NAMES, VALUES | JUNK, max_size=4), max_size=6))
def test_whatever_somebody_chose_is_shown_or_said_to_be_missing(trials):
    known, before = OptunaParameters.of(SPACE, trials), {}
    for trial in trials:
        found = known.fit(trial)
        frozen(found)
        assert found.values.keys() <= trial.keys()
        if found.whole:
            assert found.values.keys() == trial.keys()
            for name, value in found.values.items():
                assert same(value, trial[name]) or math.isclose(value, trial[name])
        for name, drawn in found.distributions.items():
            check_distribution_compatibility(before.setdefault(name, drawn), drawn)


def test_a_value_beyond_its_range_widens_it_for_this_trial_alone():
    known = OptunaParameters.of(SPACE, [{"lr": 5.0}, {"lr": 0.5}, {"width": 7}])
    beyond, within = known.fit({"lr": 5.0}), known.fit({"lr": 0.5})
    assert beyond.distributions["lr"].high == 5.0
    assert within.distributions["lr"].high == 1.0
    assert known.fit({"width": 7}).distributions["width"].step == 1


@pytest.mark.parametrize("given", [{"lr": 0.0}, {"lr": "high"}, {"depth": -3}, {"depth": 1.5}])
def test_what_optuna_cannot_have_is_left_out(given):
    found = OptunaParameters.of(SPACE, [given]).fit(given)
    assert (found.values, found.whole) == ({}, False)
