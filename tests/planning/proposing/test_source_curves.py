"""An earlier study's trials are told as its log has them."""

from __future__ import annotations

import pytest

from espalier.planning.proposing.source_curves import GOING_ON, LOST, SourceCurves
from espalier.planning.world.record import End
from espalier.pruning import Direction, Repeat, Terms, TrialState
from espalier.search import Outcome

TERMS = Terms(Direction.MINIMIZE, 3, metric="loss", clamps=True)
COMPLETED = End("Completed", "", TrialState.COMPLETED, 0.0)
FAILED = End("TrainerFailed", "", TrialState.FAILED, 0.0)
EVICTED = End("NodeLost", "", TrialState.FAILED, 0.0)
LR = '{"lr":0.5}'


def told(ends, parameters, *values, terms=TERMS):
    curves = SourceCurves(terms)
    for value in values:
        curves.take(*value)
    return curves.trials(ends, parameters)


def test_a_curve_has_the_first_value_of_each_step_in_the_order_of_steps():
    values = [(0, "loss", 1, 0.5), (0, "loss", 2, 0.4), (0, "loss", 1, 9.0), (0, "other", 3, 9.0),
              (0, "loss", 2, 9.0), (0, "loss", 7, 0.3), (0, "loss", 8, 9.0)]  # fmt: skip
    ((trial,), left_out) = told([(0, COMPLETED)], {0: LR}, *values)
    assert (list(trial.steps), list(trial.values)) == ([1, 2, 3], [0.5, 0.4, 0.3])
    assert (trial.number, trial.parameters, trial.outcome) == (0, {"lr": 0.5}, Outcome.COMPLETED)
    assert left_out == {}


def test_beyond_the_last_step_nothing_counts_in_studies_that_earlier_versions_began():
    terms = Terms(Direction.MINIMIZE, 3, metric="loss")
    ((trial,), _) = told([(0, COMPLETED)], {0: LR}, (0, "loss", 7, 0.3), terms=terms)
    assert list(trial.steps) == []


def test_trials_come_in_the_order_of_their_ends_and_the_others_are_counted():
    repeat = Repeat(0, 1).number
    ends = [(3, FAILED), (0, COMPLETED), (1, EVICTED), (repeat, COMPLETED)]
    parameters = dict.fromkeys((0, 1, 2, 3, 1_000_000, repeat), LR)
    trials, left_out = told(ends, parameters)
    assert [each.number for each in trials] == [3, 0]
    assert left_out == {GOING_ON: 2, LOST: 1}


@pytest.mark.parametrize("end", [COMPLETED, FAILED])
def test_a_trial_of_which_nobody_knows_what_it_ran_tells_nothing(end):
    assert told([(0, end)], {}) == ([], {LOST: 1})
