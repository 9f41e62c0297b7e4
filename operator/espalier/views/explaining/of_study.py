"""Why a study's trials were pruned, what survived, and what that has risked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.pruning import is_repeat
from espalier.views.explaining.pruning_told import ToldBy, pruning_told
from espalier.views.explaining.prunings import by_reason, by_step, in_order
from espalier.views.explaining.restraints import restraints
from espalier.views.explaining.risk import risk_of
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite, time_of
from espalier.views.trials import STATES, ranks_of, state_of

BEST_TOLD = 5
"""So many of the best trials that were not pruned are named."""


def why_study(gathered: Gathered, study: Mapping[str, Any] | None = None) -> View:
    """Return when trials were pruned and by which rule, what survived, and where the risk went.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    """
    row, (told, pruning) = gathered.study, pruning_told(gathered, study)
    prunes = in_order(gathered)
    return {
        "namespace": row.namespace,
        "name": row.name,
        "metric": row.terms.metric,
        "direction": row.terms.direction.value,
        "pruner": row.settings.acting.get("type"),
        "prunings": {
            "count": len(prunes),
            "firstAt": time_of(prunes[0].at) if prunes else None,
            "lastAt": time_of(prunes[-1].at) if prunes else None,
            "byReason": by_reason(prunes),
            "byStep": by_step(prunes),
        },
        "survived": _survived(gathered),
        "risk": risk_of(gathered, told, pruning),
        "exempt": _exempt(gathered, pruning),
        "breaker": _breaker(told, pruning),
        "changes": restraints(gathered),
    }


def _survived(gathered: Gathered) -> View:
    """Return how the trials stand that were not pruned, and which of them are the best."""
    numbers = [number for number in gathered.numbers if not is_repeat(number)]
    states = {number: state_of(gathered, number) for number in numbers}
    ranks = ranks_of(gathered)
    best = sorted(
        (number for number in ranks if states.get(number) in ("Completed", "Running")),
        key=lambda number: (ranks[number], number),
    )
    return {
        "counts": {
            state.lower(): sum(each == state for each in states.values()) for state in STATES
        },
        "best": [
            {
                "trial": number,
                "state": states[number],
                "rank": ranks[number],
                "latest": _latest(gathered, number),
            }
            for number in best[:BEST_TOLD]
        ],
    }


def _exempt(gathered: Gathered, pruning: Mapping[str, Any]) -> View:
    return {
        "trials": [number for number in sorted(gathered.values) if gathered.exempt(number)],
        "wouldPrune": pruning.get("exemptWouldPrune"),
    }


def _breaker(told: ToldBy, pruning: Mapping[str, Any]) -> View:
    return {
        "open": pruning.get("breakerOpen") if told is not ToldBy.NOBODY else None,
        "trips": pruning.get("breakerTrips"),
    }


def _latest(gathered: Gathered, number: int) -> float | None:
    values = gathered.counted(number)
    place = values.latest()
    return None if place is None else finite(values.values[place])
