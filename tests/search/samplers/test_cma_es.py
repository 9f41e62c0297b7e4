"""CmaEs: its generations are those of Optuna's, whatever else a history holds."""

import math
import pickle

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.search import (
    CmaEs,
    FloatRange,
    IntRange,
    Outcome,
    Parameter,
    PastTrial,
    Scale,
    Space,
    TellPruned,
    Told,
    tell,
)
from espalier.search.samplers.cma_es import unit_of
from tests.search.samplers.histories import BRANCHED, FLAT, NUMBERS, ended
from tests.search.spaces import float_ranges, int_ranges

optuna.logging.set_verbosity(optuna.logging.WARNING)
AXES = Space(
    (
        Parameter("lr", FloatRange(1e-5, 1.0, Scale.LOG)),
        Parameter("momentum", FloatRange(0.0, 1.0)),
        Parameter("width", IntRange(16, 1024, Scale.LOG)),
        Parameter("layers", IntRange(2, 8, step=2)),
    )
)


def test_its_generations_are_those_of_optuna():
    def objective(trial):
        lr = trial.suggest_float("lr", 1e-5, 1.0, log=True)
        momentum = trial.suggest_float("momentum", 0.0, 1.0)
        width = trial.suggest_int("width", 16, 1024, log=True)
        layers = trial.suggest_int("layers", 2, 8, step=2)
        return (math.log10(lr) + 3) ** 2 + (momentum - 0.3) ** 2 + layers + width / 100

    study = optuna.create_study(sampler=optuna.samplers.CmaEsSampler(seed=1))
    study.optimize(objective, n_trials=66)
    generations = [each for each in study.trials if "cma:generation" in each.system_attrs]
    told = tell(
        [
            PastTrial(each.number, each.params, Outcome.COMPLETED, (1,), (-each.value,))
            for each in generations
        ],
        TellPruned.AS_PRUNED,
        {},
    )
    last = [each for each in study.trials if "cma:optimizer:0" in each.system_attrs][-1]
    parts = sorted(
        (int(key.rsplit(":", 1)[1]), value)
        for key, value in last.system_attrs.items()
        if key.startswith("cma:optimizer")
    )
    theirs = pickle.loads(bytes.fromhex("".join(value for _, value in parts)))
    counted = theirs.generation * theirs.population_size
    # Optuna has its axes in the order of their names.
    by_name = Space(tuple(sorted(AXES.parameters, key=lambda each: each.name)))
    mine = CmaEs()._cloud(by_name.parameters, told[:counted], 1)
    assert mine.generation == theirs.generation > 5
    assert np.allclose(mine.mean, theirs.mean, rtol=1e-9)
    assert math.isclose(mine._sigma, theirs._sigma, rel_tol=1e-9)
    assert np.allclose(mine._C, theirs._C, rtol=1e-7)


def test_the_cloud_moves_to_the_better_half():
    history = ended(NUMBERS, 200)
    rates = [CmaEs().propose(NUMBERS, history, 1, n)["lr"] for n in range(10)]
    assert sum(1e-4 < rate < 1e-2 for rate in rates) >= 6


def test_pruned_and_failed_trials_count_behind_the_others():
    history = ended(NUMBERS, 60)
    assert {each.told for each in history} == {Told.VALUE, Told.PRUNED, Told.INFEASIBLE}
    whole = CmaEs()._cloud(NUMBERS.parameters, history, 1)
    completed = [each for each in history if each.told is Told.VALUE]
    assert whole.generation > CmaEs()._cloud(NUMBERS.parameters, completed, 1).generation


def test_a_cloud_that_has_shrunk_to_a_point_begins_anew_with_twice_the_population():
    same = [
        PastTrial(n, {"lr": 0.01, "momentum": 0.5}, Outcome.COMPLETED, (1,), (0.0,))
        for n in range(4000)
    ]
    history = tell(same, TellPruned.AS_PRUNED, {})
    cloud = CmaEs()._cloud(NUMBERS.parameters, history, 1)
    assert cloud.population_size > 6
    proposed = [CmaEs().propose(NUMBERS, history, 1, n)["lr"] for n in range(6)]
    assert len(set(proposed)) == 6


@pytest.mark.parametrize(("space", "moved"), [(FLAT, True), (BRANCHED, True)])
def test_it_takes_spaces_with_a_number_that_always_takes_part(space, moved):
    assert (CmaEs().objection(space) is None) == moved


def test_it_refuses_a_space_without_a_number_to_move():
    choices = Space((FLAT["optimizer"],))
    assert "choose TPE" in (CmaEs().objection(choices) or "")


@given(domain=st.one_of(float_ranges(), int_ranges()), unit=st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_the_place_of_a_value_leads_back_to_it(domain, unit):
    value = domain.from_unit(unit)
    place = unit_of(domain, value)
    assert 0 <= place <= 1
    back = domain.from_unit(min(place, float(np.nextafter(1.0, 0.0))))
    assert math.isclose(back, value, rel_tol=1e-6, abs_tol=1e-6 * (domain.max - domain.min))
