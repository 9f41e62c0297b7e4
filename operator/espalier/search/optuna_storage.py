"""What Optuna has stored of a study: in a journal's file, or in a database of SQLite."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from espalier.search.history import Outcome
from espalier.search.space import Value

_SQLITE = b"SQLite format 3\x00"
_OUTCOMES = {
    TrialState.COMPLETE: Outcome.COMPLETED,
    TrialState.PRUNED: Outcome.PRUNED,
    TrialState.FAIL: Outcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class OptunaTrial:
    """A trial that has ended."""

    number: int
    """Its number in its study."""
    parameters: Mapping[str, Value]
    """Values by name, as the objective was given them."""
    outcome: Outcome
    """How it ended."""
    steps: tuple[int, ...]
    """Where it reported, the last step of the study for the value that it returned."""
    values: tuple[float, ...]
    """What it reported there."""


@dataclass(frozen=True, slots=True)
class OptunaStudy:
    """A study of one objective."""

    name: str
    """Its name in the storage."""
    maximizes: bool
    """Whether a larger value is better."""
    horizon: int
    """The largest step that any trial has reported."""
    trials: tuple[OptunaTrial, ...]
    """Those that have ended, in the order of their numbers."""
    going_on: int
    """How many trials have not ended."""


def read_optuna(path: Path, name: str | None = None) -> OptunaStudy:
    """Return a study out of a storage's file, which is only read.

    Parameters
    ----------
    path
        The file.
    name
        The study's name; not needed where there is but one.

    Raises
    ------
    ValueError
        If the file is no such storage, or has no such study, or one of several objectives.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = _storage(path)
        names = [each.study_name for each in storage.get_all_studies()]
        chosen = _chosen(names, name)
        study_id = storage.get_study_id_from_name(chosen)
        directions = storage.get_study_directions(study_id)
        trials = storage.get_all_trials(study_id, deepcopy=False)
    except ValueError:
        raise
    except Exception as error:  # whatever its libraries meet in somebody's file
        said = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(
            f"expected a storage of Optuna, got one that it cannot read: {said}; upgrade it with "
            "`optuna storage upgrade`, or export a CSV"
        ) from error
    if len(directions) != 1:
        raise ValueError(
            f"expected a study of one objective, got {chosen} with {len(directions)}; export a CSV "
            "with a column for the one that counts"
        )
    ended = [trial for trial in trials if trial.state in _OUTCOMES]
    horizon = max((step for each in ended for step in each.intermediate_values), default=1)
    horizon = max(1, horizon)
    return OptunaStudy(
        chosen,
        directions[0] is StudyDirection.MAXIMIZE,
        horizon,
        tuple(_trial(each, horizon) for each in ended),
        len(trials) - len(ended),
    )


def _storage(path: Path) -> BaseStorage:
    with path.open("rb") as file:
        database = file.read(len(_SQLITE)) == _SQLITE
    if database:
        return RDBStorage(f"sqlite:///file:{path.absolute()}?mode=ro&uri=true")
    return JournalStorage(JournalFileBackend(str(path)))


def _chosen(names: Sequence[str], name: str | None) -> str:
    listed = ", ".join(sorted(names)[:16]) or "none"
    if name is not None and name not in names:
        raise ValueError(f"expected one of the storage's studies ({listed}), got {name}")
    if name is None and len(names) != 1:
        raise ValueError(
            f"expected the name of a study, since the storage has {len(names)} ({listed}), got "
            "nothing; give one with --study"
        )
    return names[0] if name is None else name


def _trial(trial: FrozenTrial, horizon: int) -> OptunaTrial:
    """Return a trial; what it returned is its value at the last step."""
    reported = {step: value for step, value in trial.intermediate_values.items() if step >= 0}
    if trial.state is TrialState.COMPLETE and trial.value is not None:
        reported[horizon] = trial.value
    steps = tuple(sorted(reported))
    values = (reported[step] for step in steps)
    return OptunaTrial(
        trial.number,
        {name: value for name, value in trial.params.items() if _is_value(value)},
        _OUTCOMES[trial.state],
        steps,
        tuple(value if math.isfinite(value) else math.nan for value in values),
    )


def _is_value(value: object) -> bool:
    return isinstance(value, str | int | float | bool)
