"""The real Optuna as the engine of a simulated study."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import optuna

from espalier.pruning import Direction, Terms

optuna.logging.set_verbosity(optuna.logging.ERROR)


class OptunaEngine:
    """An Optuna study in memory; trials are asked for as they report first."""

    def __init__(
        self, pruner: optuna.pruners.BasePruner, study: str, direction: Direction, horizon: int
    ) -> None:
        self._study = optuna.create_study(
            study_name=study,
            direction=direction.value.lower(),
            pruner=pruner,
            sampler=optuna.samplers.RandomSampler(seed=0),
        )
        self._trials: dict[int, optuna.Trial] = {}
        self._last: dict[int, float] = {}
        self._horizon = horizon

    def report(self, trial: int, step: int, value: float, at: float) -> list[int]:
        asked = self._trials.get(trial)
        if asked is None:
            asked = self._trials[trial] = self._study.ask()
        asked.report(value, step)
        self._last[trial] = value
        # As in the operator, nothing is pruned at the last step.
        pruned = step < self._horizon and self._should_prune(asked)
        if pruned:
            self._study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        return [trial] if pruned else []

    @staticmethod
    def _should_prune(asked: optuna.Trial) -> bool:
        # Optuna takes percentiles of nothing but NaN, of which numpy warns.
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            return asked.should_prune()

    def close(self, trial: int, completed: bool, at: float) -> None:
        value = self._last[trial]
        if math.isnan(value):
            self._study.tell(self._trials[trial], state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(self._trials[trial], value)


@dataclass(frozen=True)
class OptunaCandidate:
    """One of Optuna's pruners, made for a horizon."""

    label: str
    pruner: Callable[[int], optuna.pruners.BasePruner]

    def make(self, terms: Terms) -> OptunaEngine:
        assert terms.horizon is not None
        return OptunaEngine(
            self.pruner(terms.horizon), terms.study_uid, terms.direction, terms.horizon
        )
