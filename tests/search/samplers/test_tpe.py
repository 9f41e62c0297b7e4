"""TPE proposes what Optuna's own does in a study of its own that was told the same."""

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from espalier.search import TPE, Scale, Told
from espalier.search.samplers.base import sampler_seed
from espalier.search.samplers.optuna_study.frozen_trials import frozen_trials
from tests.search.samplers.histories import BRANCHED, FLAT, NUMBERS, ended, running

optuna.logging.set_verbosity(optuna.logging.WARNING)


def suggest(trial, domain, name):
    """As a user of Optuna writes it."""
    if hasattr(domain, "values"):
        return trial.suggest_categorical(name, domain.values)
    log = domain.scale is Scale.LOG
    if isinstance(domain.min, int):
        return trial.suggest_int(name, domain.min, domain.max, log=log, step=domain.step or 1)
    return trial.suggest_float(name, domain.min, domain.max, log=log, step=domain.step)


def theirs(space, history, sampler):
    """What a plain study of Optuna asks for, whose trials were added one by one."""
    study = optuna.create_study(sampler=sampler)
    states = {Told.VALUE: TrialState.COMPLETE, Told.PRUNED: TrialState.PRUNED}
    for trial, mine in zip(history, frozen_trials(space, history), strict=True):
        distributions = {name: space[name].domain for name in trial.parameters}
        study.add_trial(
            create_trial(
                state=states.get(trial.told, mine.state),
                value=mine.value,
                params=dict(trial.parameters),
                distributions={n: _distribution(d) for n, d in distributions.items()},
                intermediate_values=mine.intermediate_values,
                constraints=mine.constraints or None,
            )
        )
    asked, chosen = study.ask(), {}
    for each in space.parameters:
        if each.active(chosen):
            chosen[each.name] = suggest(asked, each.domain, each.name)
    return chosen


def _distribution(domain):
    recorder = optuna.trial.FixedTrial({"x": domain.at(0) if domain.size else domain.min})
    suggest(recorder, domain, "x")
    return recorder.distributions["x"]


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("space", [FLAT, NUMBERS], ids=["mixed", "numbers"])
@pytest.mark.parametrize("count", [4, 12, 40, 150])
def test_it_proposes_what_optuna_does_in_a_study_that_was_told_the_same(space, count):
    for number in range(3):
        history = [*ended(space, count), *running(space, 3)]
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=10,
            seed=sampler_seed(7, number),
            multivariate=True,
            group=True,
            constant_liar=True,
        )
        mine = TPE().propose(space, history, 7, number)
        assert mine == theirs(space, history, sampler)


def test_it_moves_to_where_the_better_trials_lie():
    history = ended(BRANCHED, 120)
    rates = [TPE().propose(BRANCHED, history, 1, n)["lr"] for n in range(200, 210)]
    assert sum(1e-4 < rate < 1e-2 for rate in rates) >= 8


def test_a_failed_configuration_is_avoided_and_not_forgotten():
    history = [
        *ended(NUMBERS, 60),
    ]
    failed = [each for each in history if each.told is Told.INFEASIBLE]
    assert failed
    told = frozen_trials(NUMBERS, history)
    assert sum(each.constraints.get("failed", 0.0) > 0 for each in told) == len(failed)
    assert all(each.constraints for each in told)
