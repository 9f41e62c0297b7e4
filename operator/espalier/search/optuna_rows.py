"""Trials as rows of a database that Optuna has made.

Through Optuna's own interface each value, parameter and attribute is two statements: 300 trials of
50 steps took a minute. A test holds these rows to what that interface writes.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

from optuna.distributions import distribution_to_json
from optuna.trial import FrozenTrial

_TRIAL = """
INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete)
VALUES (?, ?, ?, ?, ?, ?)
"""
_VALUE = """
INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)
"""
_PARAMETER = """
INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
VALUES (?, ?, ?, ?)
"""
_ATTRIBUTE = """
INSERT INTO trial_user_attributes (trial_id, "key", value_json) VALUES (?, ?, ?)
"""
_STEP = """
INSERT INTO trial_intermediate_values
(trial_id, step, intermediate_value, intermediate_value_type) VALUES (?, ?, ?, ?)
"""
_Row = tuple[object, ...]


def insert_trials(
    connection: sqlite3.Connection, study_id: int, trials: Iterable[FrozenTrial]
) -> Iterator[int]:
    """Insert the trials of a study that has none, in one transaction; yield how many there are."""
    for count, trial in enumerate(trials, 1):
        began, ended = _time(trial.datetime_start), _time(trial.datetime_complete)
        connection.execute(_TRIAL, (count, count - 1, study_id, trial.state.name, began, ended))
        connection.executemany(_VALUE, _values(trial, count))
        connection.executemany(_PARAMETER, _parameters(trial, count))
        connection.executemany(_ATTRIBUTE, _attributes(trial, count))
        connection.executemany(_STEP, _steps(trial, count))
        yield count
    connection.commit()


def _values(trial: FrozenTrial, row: int) -> Iterator[_Row]:
    for objective, value in enumerate(trial.values or ()):
        yield row, objective, *_stored(value)


def _parameters(trial: FrozenTrial, row: int) -> Iterator[_Row]:
    for name, value in trial.params.items():
        drawn = trial.distributions[name]
        yield row, name, drawn.to_internal_repr(value), distribution_to_json(drawn)


def _attributes(trial: FrozenTrial, row: int) -> Iterator[_Row]:
    for name, value in trial.user_attrs.items():
        yield row, name, json.dumps(value)


def _steps(trial: FrozenTrial, row: int) -> Iterator[_Row]:
    for step, value in trial.intermediate_values.items():
        yield row, step, *_stored(value)


def _stored(value: float) -> tuple[float | None, str]:
    """Return a number and its kind: a column of SQLite has none that is not finite."""
    if math.isfinite(value):
        return value, "FINITE"
    if math.isnan(value):
        return None, "NAN"
    return None, "INF_POS" if value > 0 else "INF_NEG"


def _time(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S.%f}"
