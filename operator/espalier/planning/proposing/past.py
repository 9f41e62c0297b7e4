"""The trials of a study as its search sees them."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.api.reasons import ENDING_BY_REASON
from espalier.planning.world.earlier import EarlierTrial
from espalier.planning.world.faults import TEMPLATE_FAULTS
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.planning.world.record import End
from espalier.pruning import Direction, TrialState
from espalier.search import Outcome, PastTrial


def outcome_of(end: End) -> Outcome:
    """Return what an ending says of a trial's configuration."""
    if end.state is TrialState.COMPLETED:
        return Outcome.COMPLETED
    if end.state is TrialState.PRUNED:
        return Outcome.PRUNED
    ending = ENDING_BY_REASON.get(end.reason)
    own = ending is not None and ending.counts and end.reason not in TEMPLATE_FAULTS
    return Outcome.FAILED if own else Outcome.LOST


def ended_trial(
    number: int, parameters: str, end: End, steps: Sequence[int], scores: Sequence[float]
) -> PastTrial:
    """Return a trial that has ended.

    Parameters
    ----------
    number
        Its number.
    parameters
        The values of its parameters by name, as JSON.
    end
        How it ended.
    steps, scores
        What it reported, by step; scores are oriented so that larger is better. They do not change
        any more.
    """
    return PastTrial(number, parameters_of_text(parameters), outcome_of(end), steps, scores)


def earlier_trial(trial: EarlierTrial, direction: Direction) -> PastTrial:
    """Return a trial that was taken over from an earlier study of the same direction."""
    return PastTrial(
        trial.number,
        parameters_of_text(trial.parameters),
        trial.outcome,
        trial.steps,
        tuple(map(direction.score, trial.values)),
        earlier=trial.study,
    )


def running_trial(number: int, parameters: str) -> PastTrial:
    """Return a trial that has not ended."""
    return PastTrial(number, parameters_of_text(parameters), Outcome.RUNNING)
