"""What Optuna is told of a history: legal values alone, in order, and nothing is written to it."""

import copy
import math

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.search import NO_HISTORY, TPE, CmaEs, Outcome, PastTrial, Random, Told
from espalier.search.contract import check_legal
from espalier.search.samplers.optuna_study.frozen_trials import frozen_trials
from espalier.search.samplers.optuna_study.read_only import ReadOnlyStorage
from tests.search.samplers.histories import BRANCHED, FLAT, ended
from tests.search.spaces import any_domain, spaces

anything = st.one_of(
    st.text(max_size=3), st.booleans(), st.integers(), st.floats(), st.just(10**400)
)
scores = st.one_of(st.none(), st.floats())


@st.composite
def hostile_trials(draw, space):
    """A trial that may have any value for any parameter, and any story."""
    parameters = dict(Random().propose(space, NO_HISTORY, draw(st.integers(0, 99)), 0))
    for name in draw(st.sets(st.sampled_from([each.name for each in space.parameters]))):
        if draw(st.booleans()):
            parameters[name] = draw(anything)
        else:
            parameters.pop(name, None)
    if draw(st.booleans()):
        parameters["unheard"] = draw(anything)
    steps = sorted(draw(st.sets(st.integers(0, 2**53), max_size=3)))
    return PastTrial(
        number=draw(st.integers(0, 2**53)),
        parameters=parameters,
        outcome=draw(st.sampled_from(Outcome)),
        steps=steps,
        scores=[draw(st.floats()) for _ in steps],
        told=draw(st.sampled_from(Told)),
        score=draw(scores),
        deviation=draw(st.floats()),
    )


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("sampler", [TPE(startup_trials=2), CmaEs()], ids=lambda each: each.name)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_a_history_holds_a_legal_configuration_is_proposed(sampler, data):
    space = data.draw(spaces(any_domain, most=4))
    history = data.draw(st.lists(hostile_trials(space), max_size=12))
    before = copy.deepcopy([each.parameters for each in history])
    check_legal(space, sampler.propose(space, history, 3, 5))
    assert repr([each.parameters for each in history]) == repr(before)


def test_values_that_the_space_no_longer_has_are_left_out_and_the_others_told():
    told = ended(BRANCHED, 20)
    odd = [
        PastTrial(
            100 + n,
            {**each.parameters, "lr": 5.0, "unheard": 1},
            each.outcome,
            each.steps,
            each.scores,
            told=each.told,
            score=each.score,
        )
        for n, each in enumerate(told)
    ]
    frozen = frozen_trials(BRANCHED, odd)
    assert len(frozen) == len(odd)
    assert not any("lr" in each.params or "unheard" in each.params for each in frozen)
    assert all("optimizer" in each.params for each in frozen)


def test_a_trial_that_nothing_is_told_of_or_of_another_space_is_left_out():
    silent = PastTrial(1, {"lr": 0.1}, Outcome.LOST, told=Told.NOTHING)
    other = PastTrial(2, {"x": 0.1}, Outcome.COMPLETED, told=Told.VALUE, score=1.0)
    assert frozen_trials(FLAT, [silent, other]) == []


def test_true_is_not_taken_for_1_nor_a_lattice_for_a_neighbour_of_it():
    trials = [
        PastTrial(n, {"optimizer": value, "dropout": 0.3}, Outcome.RUNNING, told=Told.RUNNING)
        for n, value in enumerate((True, 1, 1.0))
    ]
    frozen = frozen_trials(BRANCHED, trials)
    assert [each.params["optimizer"] for each in frozen] == [2, 3, 3]
    assert {each.params["dropout"] for each in frozen} == {3}


def test_a_value_that_is_no_number_is_told_as_the_worst():
    values = (1.0, -2.0, math.nan, -math.inf, None)
    trials = [
        PastTrial(n, {"lr": 0.1}, Outcome.COMPLETED, told=Told.VALUE, score=score)
        for n, score in enumerate(values)
    ]
    assert [each.value for each in frozen_trials(FLAT, trials)] == [-1.0, 2.0, 2.0, 2.0, 2.0]


def test_no_past_trial_can_be_written_to():
    storage = ReadOnlyStorage(frozen_trials(FLAT, ended(FLAT, 5)))
    for write in (
        lambda: storage.set_trial_system_attr(2, "key", 1),
        lambda: storage.set_trial_state_values(2, optuna.trial.TrialState.FAIL),
        lambda: storage.set_trial_user_attr(2, "key", 1),
        lambda: storage.delete_study(0),
    ):
        with pytest.raises(NotImplementedError):
            write()
    new = storage.create_new_trial(0)
    storage.set_trial_system_attr(new, "key", 1)
    assert storage.get_trial(new).system_attrs == {"key": 1}
