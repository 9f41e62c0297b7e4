"""A storage of Optuna that holds what was told, and takes no more than the trial to be proposed."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, NoReturn

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

NAME = "told"
_STUDY = 0


class ReadOnlyStorage(BaseStorage):
    """One study to be minimized, of trials that are not copied, and one new trial.

    Adding 10,000 trials to a study of Optuna costs over a second, most of it for checks and copies.

    Parameters
    ----------
    trials
        The study's trials, numbered from 0 on.
    """

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        self._trials = list(trials)
        self._new: FrozenTrial | None = None

    def get_study_id_from_name(self, study_name: str) -> int:
        """Return the only study's."""
        return _STUDY

    def get_study_name_from_id(self, study_id: int) -> str:
        """Return the only study's."""
        return NAME

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Return the one direction: all scores are turned."""
        return [StudyDirection.MINIMIZE]

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Return none."""
        return {}

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """Return none."""
        return {}

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Make the trial that is to be proposed; there is no second one."""
        if self._new is not None or template_trial is not None:
            self._refuse()
        number = len(self._trials)
        self._new = FrozenTrial(
            number, TrialState.RUNNING, None, None, None, {}, {}, {}, {}, {}, number
        )
        self._trials.append(self._new)
        return number

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial by its number."""
        return self._trials[trial_id]

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Return the trials, which nobody may change, in a list of their own."""
        return [each for each in self._trials if states is None or each.state in states]

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        """Keep a parameter of the new trial."""
        self._only_new(trial_id).params[param_name] = distribution.to_external_repr(
            param_value_internal
        )
        self._only_new(trial_id).distributions[param_name] = distribution

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keep what a sampler notes for itself while it proposes."""
        self._only_new(trial_id).system_attrs[key] = value

    def _only_new(self, trial_id: int) -> FrozenTrial:
        if self._new is None or trial_id != self._new._trial_id:
            self._refuse()
        return self._new

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("a history is only read; Optuna tried to write to it")

    create_new_study = _refuse
    delete_study = _refuse
    get_all_studies = _refuse
    set_study_system_attr = _refuse
    set_study_user_attr = _refuse
    set_trial_intermediate_value = _refuse
    set_trial_state_values = _refuse
    set_trial_user_attr = _refuse
