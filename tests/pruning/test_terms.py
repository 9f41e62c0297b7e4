"""What defines a study is one value, and one place knows which way is better."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.judging import JudgeSettings
from espalier.pruning import Direction, Terms
from espalier.pruning.terms import NEWEST_EDITION

finite = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.none() | st.integers(1, 10**6)
terms = st.builds(
    Terms,
    st.sampled_from(Direction),
    maybe,
    study_uid=st.text(max_size=40),
    metric=st.text(max_size=10),
    target=st.none() | finite,
    trials=maybe,
    seed=st.integers(0, 2**63),
    window=maybe,
    clamps=st.booleans(),
    edition=st.integers(1, NEWEST_EDITION),
)


@given(terms)
def test_terms_survive_json(terms):
    assert Terms.from_dict(json.loads(json.dumps(terms.to_dict()))) == terms


@given(st.sampled_from(Direction), st.floats(), st.floats())
def test_the_better_value_has_the_larger_score(direction, value, other):
    assert direction.better(value, other) == (direction.score(value) > direction.score(other))
    assert not (direction.better(value, other) and direction.better(other, value))


@given(st.sampled_from(Direction), st.floats(allow_nan=False))
def test_a_score_is_a_value_again(direction, value):
    assert direction.score(direction.score(value)) == value
    assert math.copysign(1.0, direction.score(-0.0)) == 1.0


@pytest.mark.parametrize("direction", Direction)
def test_nothing_is_better_than_a_nan_nor_worse(direction):
    assert not direction.better(math.nan, 1.0)
    assert not direction.better(1.0, math.nan)


def test_values_of_the_objective_are_judged_at_their_own_steps_up_to_the_last():
    terms = Terms(Direction.MINIMIZE, 27, metric="loss")
    assert terms.judges("loss", 27)
    assert not terms.judges("loss", 28)
    assert not terms.judges("accuracy", 1)
    assert Terms(Direction.MINIMIZE, metric="loss").judges("loss", 10**9)


@pytest.mark.parametrize(
    ("change", "error"), [({"direction": "Sideways"}, ValueError), ({"metric": None}, KeyError)]
)
def test_what_is_no_terms_is_refused(change, error):
    good = Terms(Direction.MINIMIZE, 27).to_dict()
    bad = {key: value for key, value in {**good, **change}.items() if value is not None}
    with pytest.raises(error):
        Terms.from_dict(bad)


def test_what_is_stored_without_an_edition_is_of_the_first():
    stored = JudgeSettings(Terms(Direction.MINIMIZE, 9, metric="m", trials=3), {}, {}).to_dict()
    assert JudgeSettings.from_dict(stored, "u").terms.edition == NEWEST_EDITION
    del stored["edition"]
    assert JudgeSettings.from_dict(stored, "u").terms.edition == 1
