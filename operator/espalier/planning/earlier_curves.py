"""From the trials of earlier studies to what a pruner begins with; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from espalier.errors import SpecError
from espalier.planning.proposing.taking_over import SourceStudy
from espalier.planning.world.pruner_lookup import PriorLookup
from espalier.pruning import Ledger, Report, Terms, TrialState
from espalier.pruning.pruners.auto.prior import prior_of
from espalier.search import Outcome

MOST_STUDIES = 10
"""So many earlier studies count: the newest, or those that are named last."""
_STATES = {Outcome.COMPLETED: TrialState.COMPLETED, Outcome.PRUNED: TrialState.PRUNED}


def found_in(wanted: PriorLookup, studies: Sequence[SourceStudy]) -> dict[str, Any]:
    """Return what a pruner begins with, as `JudgeSettings.found` holds it.

    Raises
    ------
    SpecError
        If a study is of another objective, direction or horizon.
    """
    for study in studies:
        _check(wanted, study)
    newest = [study for study in studies if study.trials][-MOST_STUDIES:]
    ledgers = [(study.name, ledger_of(wanted, study)) for study in reversed(newest)]
    prior = prior_of(wanted.direction, wanted.horizon, ledgers)
    shown = {} if prior is None else {each.name: each for each in prior.studies}
    told = [
        {"name": each.name, "uid": each.uid, "trials": shown[each.name].trials}
        for each in reversed(newest)
        if each.name in shown
    ]
    return {
        "asked": wanted.asked,
        "told": {"prior": {"studies": told, "passedOver": len(studies) - len(told)}},
        "prior": None if prior is None else prior.to_dict(),
    }


def ledger_of(wanted: PriorLookup, study: SourceStudy) -> Ledger:
    """Return the ledger of an earlier study's trials, by the present study's horizon."""
    ledger = Ledger(Terms(wanted.direction, wanted.horizon, metric=wanted.metric))
    for trial in study.trials:
        state = _STATES.get(trial.outcome)
        if state is None:
            continue
        for step, value in zip(trial.steps, trial.values, strict=True):
            ledger.append(Report(trial.number, 1, step, value))
        ledger.close(trial.number, state)
    return ledger


def _check(wanted: PriorLookup, study: SourceStudy) -> None:
    ours = (wanted.metric, wanted.direction.value, wanted.horizon)
    theirs = (study.metric, study.direction.value, study.horizon)
    if theirs != ours:
        words = [
            f"{metric}, {direction}, {most} steps" for metric, direction, most in (ours, theirs)
        ]
        raise SpecError(
            study.path,
            f"expected studies with the same objective, direction and resource.max ({words[0]}), "
            f"got {study.name} ({words[1]}); leave it out: its curves cannot be compared",
        )
