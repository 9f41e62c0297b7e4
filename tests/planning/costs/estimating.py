"""What pruning has saved, estimated from all of a study's records at once."""

from __future__ import annotations

from collections.abc import Iterable

from espalier.planning.costs.savings import Estimates, estimates_from
from espalier.planning.world.ended_costs import EndedCosts
from espalier.planning.world.record import TrialRecord


def estimates_of(trials: Iterable[TrialRecord]) -> Estimates | None:
    """Estimate what pruning has saved in a study; None while no trial has completed.

    Parameters
    ----------
    trials
        All of the study's, ended or not.
    """
    costs = EndedCosts()
    for trial in trials:
        if trial.end is not None:
            costs.add(trial, None)
    return estimates_from(costs)
