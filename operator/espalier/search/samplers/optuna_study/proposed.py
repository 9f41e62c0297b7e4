"""Asks one of Optuna's samplers for a configuration."""

from __future__ import annotations

import optuna
from optuna.pruners import NopPruner
from optuna.samplers import BaseSampler

from espalier.search.history import History
from espalier.search.samplers.optuna_study.distributions import suggested
from espalier.search.samplers.optuna_study.frozen_trials import frozen_trials
from espalier.search.samplers.optuna_study.read_only import NAME, ReadOnlyStorage
from espalier.search.space import Space, Value


def ask(space: Space, history: History, sampler: BaseSampler) -> dict[str, Value]:
    """Return the configuration that a sampler of Optuna proposes after a history.

    Parameters
    ----------
    sampler
        A new one each time: it remembers what it has drawn.
    """
    storage = ReadOnlyStorage(frozen_trials(space, history))
    study = optuna.load_study(study_name=NAME, storage=storage, sampler=sampler, pruner=NopPruner())
    trial = study.ask()
    chosen: dict[str, Value] = {}
    for each in space.parameters:
        if each.active(chosen):
            chosen[each.name] = suggested(trial, each.name, each.domain)
    return chosen
