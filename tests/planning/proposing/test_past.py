"""What an ending says of a configuration: that of a trial, a fault of its own, or nothing."""

from __future__ import annotations

import pytest

from espalier.planning.proposing.past import ended_trial, outcome_of, running_trial
from espalier.planning.world.record import End
from espalier.pruning import TrialState
from espalier.search import Outcome

ENDS = {
    "Completed": (TrialState.COMPLETED, Outcome.COMPLETED),
    "Pruned": (TrialState.PRUNED, Outcome.PRUNED),
    "TrainerFailed": (TrialState.FAILED, Outcome.FAILED),
    "OutOfMemory": (TrialState.FAILED, Outcome.FAILED),
    "DeletedByUser": (TrialState.FAILED, Outcome.LOST),
    "ImagePullFailed": (TrialState.FAILED, Outcome.LOST),
    "a word of another version": (TrialState.FAILED, Outcome.LOST),
}


@pytest.mark.parametrize("reason", ENDS)
def test_only_a_fault_of_its_own_tells_that_a_configuration_does_not_work(reason: str) -> None:
    state, outcome = ENDS[reason]
    assert outcome_of(End(reason, "it was so", state, 1.0)) is outcome


def test_a_trial_has_its_parameters_and_what_it_reported() -> None:
    end = End("Completed", "", TrialState.COMPLETED, 1.0)
    ended = ended_trial(7, '{"lr":0.1,"on":true}', end, [1, 2], [0.5, 0.6])
    assert (ended.number, ended.parameters) == (7, {"lr": 0.1, "on": True})
    assert (ended.last_step, ended.last_score) == (2, 0.6)
    running = running_trial(8, '{"lr":0.2}')
    assert (running.outcome, running.last_step) == (Outcome.RUNNING, None)
