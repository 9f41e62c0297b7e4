"""Trials of a history as Optuna has trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from statistics import median_low

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from espalier.search.history import History, PastTrial, Told
from espalier.search.samplers.optuna_study.distributions import distribution_of, seen
from espalier.search.space import Space, Value

FAILED = "failed"
"""The constraint that configurations violate which do not work."""
_STATES = {
    Told.VALUE: TrialState.COMPLETE,
    Told.INFEASIBLE: TrialState.COMPLETE,
    Told.PRUNED: TrialState.PRUNED,
    Told.RUNNING: TrialState.RUNNING,
}


def frozen_trials(space: Space, history: History) -> list[FrozenTrial]:
    """Return what Optuna is told of a history, in its order, as of a study that minimizes.

    Left out is what nothing is told of, and a trial that has no parameter in common with the
    space. A score that is no finite number is told as the worst. Where a configuration does not
    work, it violates a constraint that the others keep; the value that Optuna asks for beside it is
    one in the middle, which says nothing.
    """
    scores = [each.score for each in history if each.told is Told.VALUE and each.score is not None]
    values = [-score for score in scores if isfinite(score)]
    worst, middle = (max(values), median_low(values)) if values else (0.0, 0.0)
    constrained = any(each.told is Told.INFEASIBLE for each in history)
    found: list[FrozenTrial] = []
    for trial, taking_part, distributions in _common(space, history):
        value = {Told.VALUE: _value(trial.score, worst), Told.INFEASIBLE: middle}.get(trial.told)
        last = _last(trial) if trial.told is Told.PRUNED else {}
        frozen = _frozen(len(found), _STATES[trial.told], value, taking_part, distributions, last)
        if constrained and trial.told is not Told.RUNNING:
            frozen.set_constraint(FAILED, 1.0 if trial.told is Told.INFEASIBLE else -1.0)
        found.append(frozen)
    return found


def known(space: Space, parameters: Mapping[str, Value]) -> dict[str, Value]:
    """Return those of a trial's parameters that the space has and that take part in it."""
    found: dict[str, Value] = {}
    for parameter in space.parameters:
        name = parameter.name
        if name in parameters and parameter.active(found):
            value = parameters[name]
            if parameter.domain.legal(value):
                found[name] = parameter.domain.parse(value)
    return found


def _common(
    space: Space, history: History
) -> Iterator[tuple[PastTrial, dict[str, float | int], dict[str, BaseDistribution]]]:
    """Iterate over the trials that are told of, with what Optuna sees of their parameters."""
    domains = {each.name: each.domain for each in space.parameters}
    every = {name: distribution_of(domain) for name, domain in domains.items()}
    # One object for all trials of a branch: Optuna only reads it.
    branches: dict[tuple[str, ...], dict[str, BaseDistribution]] = {}
    for trial in history:
        if trial.told in _STATES and (own := known(space, trial.parameters)):
            branch = branches.setdefault(tuple(own), {name: every[name] for name in own})
            yield trial, {name: seen(domains[name], own[name]) for name in own}, branch


def _value(score: float | None, worst: float) -> float:
    return -score if score is not None and isfinite(score) else worst


def _last(trial: PastTrial) -> dict[int, float]:
    """Return the last step and its value: Optuna reads no other of a pruned trial."""
    step, score = trial.last_step, trial.last_score
    return {} if step is None or score is None else {step: -score}


def _frozen(
    number: int,
    state: TrialState,
    value: float | None,
    parameters: dict[str, float | int],
    distributions: dict[str, BaseDistribution],
    last: dict[int, float],
) -> FrozenTrial:
    return FrozenTrial(
        number=number,
        trial_id=number,
        state=state,
        value=value,
        params=parameters,
        distributions=distributions,
        intermediate_values=last,
        user_attrs={},
        system_attrs={},
        datetime_start=None,
        datetime_complete=None,
    )
