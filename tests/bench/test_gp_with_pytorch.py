"""GP proposes what Optuna's own does, and keeps the contract of samplers.

PyTorch is a gigabyte, too large for the tests that everybody runs: install it beside the project
(`pip install torch greenlet`), then `python -m pytest tests/bench/test_gp_with_pytorch.py`.
"""

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from espalier.search import GP, FloatRange, Outcome, Parameter, PastTrial, Sampler, Space, Told
from espalier.search.contract import SamplerContract, check_legal
from tests.search.samplers.histories import BRANCHED, FLAT, NUMBERS, ended, running

optuna.logging.set_verbosity(optuna.logging.WARNING)
X = Space((Parameter("x", FloatRange(0.0, 1.0)),))


def valued(count):
    """Trials with values, the best at 0.3."""
    return [
        PastTrial(n, {"x": x}, Outcome.COMPLETED, told=Told.VALUE, score=-((x - 0.3) ** 2))
        for n in range(count)
        for x in [(0.617 * n + 0.05) % 1.0]
    ]


@pytest.mark.parametrize("going_on", [0, 2])
def test_it_proposes_what_optuna_does_in_a_study_that_was_told_the_same(going_on):
    from espalier.search.samplers.base import sampler_seed

    history = [*valued(12), *running(X, going_on)]
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=sampler_seed(7, 20)))
    floats = {"x": optuna.distributions.FloatDistribution(0.0, 1.0)}
    for each in history:
        state = TrialState.COMPLETE if each.told is Told.VALUE else TrialState.RUNNING
        value = -each.score if each.score is not None else None
        study.add_trial(
            create_trial(
                state=state, value=value, params=dict(each.parameters), distributions=floats
            )
        )
    assert GP().propose(X, history, 7, 20)["x"] == study.ask().suggest_float("x", 0.0, 1.0)


def test_it_moves_to_where_the_best_is_expected():
    proposed = [GP().propose(X, valued(15), 1, n)["x"] for n in range(20, 23)]
    assert all(0.2 < x < 0.4 for x in proposed)


@pytest.mark.parametrize("space", [FLAT, BRANCHED, NUMBERS], ids=["mixed", "branched", "numbers"])
def test_pruned_failed_and_running_trials_are_all_told(space):
    history = [*ended(space, 30), *running(space, 3)]
    check_legal(space, GP().propose(space, history, 1, 40))


def test_a_trial_that_lacks_a_parameter_does_not_take_it_from_the_others():
    odd = PastTrial(50, {"momentum": 0.5}, Outcome.COMPLETED, told=Told.VALUE, score=0.0)
    history = ended(NUMBERS, 40)
    assert GP().propose(NUMBERS, [*history, odd], 1, 60) == GP().propose(NUMBERS, history, 1, 60)


class TestContract(SamplerContract):
    def make(self) -> Sampler:
        return GP()
