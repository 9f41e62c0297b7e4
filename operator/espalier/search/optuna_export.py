"""A study as a storage of Optuna: a journal's file, or a database of SQLite."""

from __future__ import annotations

import json
import math
import sqlite3
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from espalier.search.history import Outcome
from espalier.search.optuna_parameters import OptunaParameters
from espalier.search.optuna_rows import insert_trials
from espalier.search.optuna_storage import NUMBER, OURS, OUTCOME, PARAMETERS, OurStudy
from espalier.search.space import Space, Value

_STATES = {
    Outcome.RUNNING: TrialState.RUNNING,
    Outcome.COMPLETED: TrialState.COMPLETE,
    Outcome.PRUNED: TrialState.PRUNED,
    Outcome.FAILED: TrialState.FAIL,
    Outcome.LOST: TrialState.FAIL,
}


@dataclass(frozen=True, slots=True)
class TrialToWrite:
    """A trial, in plain values.

    Parameters
    ----------
    number
        Its number in its study; Optuna counts its own, without gaps.
    parameters
        The values of those that took part.
    outcome
        Where it stands; None while it waits.
    steps, values
        What it has reported, by step, in the user's sign; NaN where training diverged.
    began, ended
        When, in seconds since the epoch; None where it has not.
    attributes
        What else is told of it: plain JSON values.
    """

    number: int
    parameters: Mapping[str, Value]
    outcome: Outcome | None
    steps: Sequence[int] = ()
    values: Sequence[float] = ()
    began: float | None = None
    ended: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyToWrite:
    """A study, in plain values.

    Parameters
    ----------
    name
        What it is called in the storage.
    maximizes
        Whether a larger value is better.
    about
        What `read_optuna` finds again of a study that was written here.
    space
        The parameters.
    trials
        In the order in which Optuna is to number them.
    attributes
        What else is told of it: plain JSON values.
    """

    name: str
    maximizes: bool
    about: OurStudy
    space: Space
    trials: Sequence[TrialToWrite]
    attributes: Mapping[str, Any] = field(default_factory=dict)


def write_journal(path: Path, study: StudyToWrite) -> Iterator[int]:
    """Write the file of a journal, which `JournalFileBackend` reads; yield after each trial.

    What is yielded is how many trials are written.
    """
    with path.open("w", encoding="utf-8") as file:
        made = _made(JournalStorage(_Lines(file)), study)
        for count, trial in enumerate(frozen_trials(study), 1):
            made.add_trial(trial)
            yield count


def write_sqlite(path: Path, study: StudyToWrite) -> Iterator[int]:
    """Write a database, which `RDBStorage` reads; yield after each trial.

    What is yielded is how many trials are written. A database that is written half is of no use.
    """
    storage = RDBStorage("sqlite://", engine_kwargs={"creator": partial(sqlite3.connect, path)})
    try:
        _made(storage, study)
        number = storage.get_study_id_from_name(study.name)
    finally:
        storage.remove_session()
        storage.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        yield from insert_trials(connection, number, frozen_trials(study))


def frozen_trials(study: StudyToWrite) -> Iterator[FrozenTrial]:
    """Yield the trials of a study as Optuna would have ended them itself."""
    known = OptunaParameters.of(study.space, [each.parameters for each in study.trials])
    return (_frozen(trial, known) for trial in study.trials)


class _Lines(BaseJournalBackend):
    """A journal that nobody else writes to: its lines go to a file without waiting for the disk."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._unread: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """Give what was appended since the last time; the storage reads nothing twice."""
        unread, self._unread = self._unread, []
        return unread

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write lines as Optuna's own file has them."""
        for log in logs:
            self._file.write(json.dumps(log, separators=(",", ":")) + "\n")
        self._unread += logs


def _made(storage: BaseStorage, given: StudyToWrite) -> Study:
    """Make a study without trials."""
    with _silent():
        study = optuna.create_study(
            storage=storage,
            study_name=given.name,
            direction="maximize" if given.maximizes else "minimize",
        )
        study.set_metric_names([given.about.metric])
    study.set_user_attr(OURS, given.about.to_dict())
    for name, value in given.attributes.items():
        study.set_user_attr(name, value)
    return study


def _frozen(trial: TrialToWrite, known: OptunaParameters) -> FrozenTrial:
    values = dict(zip(trial.steps, trial.values, strict=True))
    last = values[max(values)] if values else math.nan
    state = TrialState.WAITING if trial.outcome is None else _STATES[trial.outcome]
    if state is TrialState.COMPLETE and not math.isfinite(last):
        # Optuna has no completed trial without a finite value.
        state = TrialState.FAIL
    valued = state in (TrialState.COMPLETE, TrialState.PRUNED) and math.isfinite(last)
    fitting = known.fit(trial.parameters)
    attributes = {NUMBER: trial.number, **trial.attributes}
    if trial.outcome is not None:
        attributes[OUTCOME] = trial.outcome.value
    if not fitting.whole:
        attributes[PARAMETERS] = dict(trial.parameters)
    made = create_trial(
        state=state,
        value=last if valued else None,
        params=fitting.values,
        distributions=fitting.distributions,
        user_attrs=attributes,
        intermediate_values=values,
    )
    began = trial.began if trial.began is not None else trial.ended
    made.datetime_start = None if state is TrialState.WAITING else _time(began or 0.0)
    if state.is_finished():
        made.datetime_complete = _time(max(trial.ended or 0.0, began or 0.0))
    return made


def _time(at: float) -> datetime:
    """Return a time as Optuna has it: the local one, without a zone."""
    return datetime.fromtimestamp(at)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep Optuna from telling on standard error that it has made a study."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
