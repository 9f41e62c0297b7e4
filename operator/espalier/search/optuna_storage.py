"""What Optuna has stored of a study: in a journal's file, or in a database of SQLite."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from espalier.search.history import Outcome
from espalier.search.space import Value

OURS = "espalier"
"""The attribute of a study that Espalier has written."""
NUMBER, OUTCOME, PARAMETERS = "number", "outcome", "parameters"
"""Attributes of its trials: their own number, where they stand, and what they were given where
Optuna cannot have it."""
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
    seconds: float | None = None
    """How long it took, if that is known."""


@dataclass(frozen=True, slots=True)
class OurStudy:
    """What a storage says of a study that Espalier has written."""

    uid: str
    """The Study's."""
    metric: str
    """What the values are called."""
    horizon: int | None
    """The last step, if there is one."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as the study's attribute."""
        return {"uid": self.uid, "metric": self.metric, "horizon": self.horizon}

    @classmethod
    def of(cls, attribute: object) -> OurStudy | None:
        """Return what an attribute says; None where the study is another's."""
        match attribute:
            case {"uid": str(uid), "metric": str(metric), "horizon": int() | None as horizon}:
                return cls(uid, metric, horizon)
        return None


@dataclass(frozen=True, slots=True)
class OptunaStudy:
    """A study of one objective."""

    name: str
    """Its name in the storage."""
    maximizes: bool
    """Whether a larger value is better."""
    horizon: int | None
    """The largest step that any trial has reported, or what Espalier wrote of it."""
    trials: tuple[OptunaTrial, ...]
    """Those that have ended, in the order of their numbers."""
    going_on: int
    """How many trials have not ended."""
    lost: int = 0
    """How many had ended by no fault of their own: they tell nothing."""
    metric: str | None = None
    """What the values are called, if the storage says so."""
    uid: str | None = None
    """The Study's, if Espalier has written it."""


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
        study = optuna.load_study(study_name=chosen, storage=storage)
        directions, metrics = study.directions, study.metric_names
        ours = OurStudy.of(study.user_attrs.get(OURS))
        trials = study.get_trials(deepcopy=False)
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
    horizon = _horizon(trials) if ours is None else ours.horizon
    found = [_trial(each, horizon, ours is not None) for each in trials]
    ended = [each for each in found if each is not None and each.outcome is not Outcome.LOST]
    return OptunaStudy(
        chosen,
        directions[0] is StudyDirection.MAXIMIZE,
        horizon,
        tuple(ended),
        going_on=found.count(None),
        lost=len(found) - found.count(None) - len(ended),
        metric=metrics[0] if metrics and isinstance(metrics[0], str) else None,
        uid=None if ours is None else ours.uid,
    )


def _horizon(trials: Iterable[FrozenTrial]) -> int:
    ended = (trial for trial in trials if trial.state in _OUTCOMES)
    return max(1, max((step for each in ended for step in each.intermediate_values), default=1))


def _storage(path: Path) -> BaseStorage:
    with path.open("rb") as file:
        database = file.read(len(_SQLITE)) == _SQLITE
    if database:
        # Whatever a file is called: Optuna fills in what an address has in braces.
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        connect = partial(sqlite3.connect, address, uri=True)
        return RDBStorage("sqlite://", engine_kwargs={"creator": connect})
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


def _trial(trial: FrozenTrial, horizon: int | None, ours: bool) -> OptunaTrial | None:
    """Return a trial; what it returned is its value at the last step. None where it goes on."""
    if trial.state not in _OUTCOMES:
        return None
    reported = {step: value for step, value in trial.intermediate_values.items() if step >= 0}
    if horizon is not None and ours:
        reported = _within(reported, horizon)
    elif horizon is not None and trial.state is TrialState.COMPLETE and trial.value is not None:
        reported[horizon] = trial.value
    number, outcome, given = _as_ours(trial) if ours else _as_it_is(trial)
    steps = tuple(sorted(reported))
    values = (reported[step] for step in steps)
    return OptunaTrial(
        number,
        {name: value for name, value in given.items() if _is_value(value)},
        outcome,
        steps,
        tuple(value if math.isfinite(value) else math.nan for value in values),
        _seconds(trial),
    )


def _seconds(trial: FrozenTrial) -> float | None:
    seconds = None if trial.duration is None else trial.duration.total_seconds()
    return seconds if seconds is not None and seconds > 0 else None


def _within(reported: Mapping[int, float], horizon: int) -> dict[int, float]:
    """Take what is beyond the last step for the last one, as a study's judge does."""
    found: dict[int, float] = {}
    for step in sorted(reported):
        found.setdefault(min(step, horizon), reported[step])
    return found


def _as_it_is(trial: FrozenTrial) -> tuple[int, Outcome, Mapping[str, Any]]:
    return trial.number, _OUTCOMES[trial.state], trial.params


def _as_ours(trial: FrozenTrial) -> tuple[int, Outcome, Mapping[str, Any]]:
    """Return number, outcome and parameters as they were before Optuna had to be told of them."""
    number, outcome, given = (trial.user_attrs.get(name) for name in (NUMBER, OUTCOME, PARAMETERS))
    return (
        number if isinstance(number, int) else trial.number,
        Outcome(outcome) if outcome in list(Outcome) else _OUTCOMES[trial.state],
        given if isinstance(given, Mapping) else trial.params,
    )


def _is_value(value: object) -> bool:
    return isinstance(value, str | int | float | bool)
