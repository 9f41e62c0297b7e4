"""The real Optuna, fed with the same events."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import optuna
from optuna.pruners import BasePruner

from espalier.pruning import Direction, TrialState
from tests.pruning.histories import Ended, Event, Said

optuna.logging.set_verbosity(optuna.logging.ERROR)

STATES = {
    TrialState.COMPLETED: optuna.trial.TrialState.COMPLETE,
    TrialState.PRUNED: optuna.trial.TrialState.PRUNED,
    TrialState.FAILED: optuna.trial.TrialState.FAIL,
}


class Oracle:
    """A study of Optuna's in which several pruners can be asked at every report."""

    def __init__(self, name: str, direction: Direction) -> None:
        self.study = optuna.create_study(study_name=name, direction=direction.value.lower())
        self._storage = self.study._storage
        self._ids: dict[int, int] = {}
        self._sign = direction.sign

    def feed(self, event: Event) -> None:
        trial = self._id(event.trial)
        if isinstance(event, Said):
            self._storage.set_trial_intermediate_value(trial, event.step, event.value)
            return
        values = None
        if event.state is TrialState.COMPLETED:
            known = self._storage.get_trial(trial).intermediate_values
            values = [known[max(known)] if known else 0.0]
            if values[0] != values[0]:
                values = [-self._sign * float("inf")]
        self._storage.set_trial_state_values(trial, STATES[event.state], values)

    def judge(self, trial: int, pruner: BasePruner) -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(pruner.prune(self.study, self._storage.get_trial(self._id(trial))))

    def judge_all(self, trial: int, pruners: Mapping[str, BasePruner]) -> dict[str, bool]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frozen = self._storage.get_trial(self._id(trial))
            return {name: bool(p.prune(self.study, frozen)) for name, p in pruners.items()}

    def _id(self, trial: int) -> int:
        # Optuna numbers trials as they are made.
        while trial not in self._ids:
            number = len(self._ids)
            self._ids[number] = self._storage.create_new_trial(self.study._study_id)
        return self._ids[trial]


__all__ = ["Ended", "Oracle"]
