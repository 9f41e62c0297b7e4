"""Whether what is exported of a study says what its views say, trial by trial."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import optuna
import pytest
from click.testing import CliRunner, Result
from optuna.trial import TrialState

from espalier.cli.main import main
from espalier.pruning import is_repeat
from espalier.store import read_log
from espalier.views.gathered import Gathered, gather
from espalier.views.plain import View
from espalier.views.trials import trial_views

STATES = {
    "Pending": {TrialState.WAITING},
    "Running": {TrialState.RUNNING},
    "Completed": {TrialState.COMPLETE},
    "Pruned": {TrialState.PRUNED},
    "Failed": {TrialState.FAIL},
}


def export(*words: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["export", *map(str, words)])


def exported(*words: object) -> str:
    """Return what it prints."""
    done = export(*words)
    assert done.exit_code == 0, done.output
    return done.stdout


def written(file: Path, *words: object) -> Path:
    """Return the file that it writes."""
    exported(*words, "-O", file)
    return file


def gathered(store: str, study: tuple[str, str]) -> Gathered:
    """Return what is known of a study in a store."""
    log = read_log(store, *study)
    assert log is not None
    return gather(log)


def table(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text), strict=True))


def assert_agreeing(store: str, name: str, folder: Path) -> list[View]:
    """Compare the CSV of a study's trials, their views and the storage of Optuna."""
    known = gathered(store, (name.partition("/")[0], name.partition("/")[2]))
    views = {view["number"]: view for view in trial_views(known)}
    text = exported(name, "--store", store, "--format", "csv")
    rows = {int(row["number"]): row for row in table(text)}
    words = (name, "--store", store, "--format", "optuna-sqlite", "--force")
    file = written(folder / "agreeing.db", *words)
    study = optuna.load_study(study_name=name, storage=f"sqlite:///{file}")
    theirs = {trial.user_attrs["number"]: trial for trial in study.trials}
    assert list(rows) == list(views)
    assert list(theirs) == [number for number in views if not is_repeat(number)]
    for number, view in views.items():
        _assert_row(rows[number], view)
        if number in theirs:
            _assert_trial(theirs[number], view, known)
    return list(views.values())


def _assert_row(row: dict[str, str], view: View) -> None:
    latest = math.nan if view["diverged"] else view["latest"]
    plain = {"value": latest, "step": view["step"], "best": view["best"], "rank": view["rank"]}
    plain |= {"best_step": view["bestStep"], "gpu_seconds": view["gpuSeconds"]}
    assert {key: row[key] for key in plain} == {
        key: "" if value is None else repr(value) for key, value in plain.items()
    }
    assert (row["state"], row["reason"]) == (view["state"], view["reason"] or "")
    pruned = view["pruned"] or {}
    assert row["pruned_why"] == pruned.get("sentence", "")
    given = {key[7:]: cell for key, cell in row.items() if key.startswith("params_") and cell}
    assert given == {key: str(value) for key, value in (view["parameters"] or {}).items()}


def _assert_trial(trial: optuna.trial.FrozenTrial, view: View, known: Gathered) -> None:
    valueless = view["latest"] is None
    silent = view["state"] == "Completed" and valueless
    assert trial.state in ({TrialState.FAIL} if silent else STATES[view["state"]])
    valued = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    assert trial.value == (view["latest"] if valued else None)
    # What came after a pruning is told, and counts no more.
    assert (trial.last_step or 0) >= (view["step"] or 0)
    assert trial.params == view["parameters"]
    values = known.values.get(view["number"])
    steps, reported = ([], []) if values is None else values.curve()
    assert [*trial.intermediate_values] == steps
    assert [*trial.intermediate_values.values()] == pytest.approx(reported, nan_ok=True, abs=0)
    told = trial.user_attrs
    assert told.get("pruned_sentence") == (view["pruned"] or {}).get("sentence")
    assert told["exempt"] == view["exempt"]
    assert told["gpu_seconds"] == view["gpuSeconds"]
