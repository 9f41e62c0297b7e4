"""A study of any trials is one that Optuna loads, and that is read again as it was."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from espalier.search import Outcome
from espalier.search.optuna_export import (
    StudyToWrite,
    TrialToWrite,
    frozen_trials,
    write_journal,
    write_sqlite,
)
from espalier.search.optuna_storage import OurStudy, read_optuna
from espalier.search.space import Choice, FloatRange, Parameter, Space
from tests.search.test_optuna_storage import database, journal

SPACE = Space(
    (Parameter("lr", FloatRange(0.0, 1.0)), Parameter("kind", Choice(("a", "b", 1, True))))
)
WRITERS = {"journal": (write_journal, journal), "sqlite": (write_sqlite, database)}
ENDED = [each for each in Outcome if each not in (Outcome.RUNNING, Outcome.LOST)]


@st.composite
def a_trial(draw: st.DrawFn, number: int) -> TrialToWrite:
    steps = sorted(draw(st.sets(st.integers(0, 12), max_size=4)))
    reported = st.floats(allow_infinity=False) | st.just(math.nan)
    return TrialToWrite(
        number,
        draw(st.fixed_dictionaries({}, optional={"lr": st.floats(0, 1), "kind": KINDS})),
        draw(st.sampled_from([None, *Outcome])),
        steps,
        [draw(reported) for _ in steps],
        began=draw(st.none() | st.floats(0, 4e9)),
        ended=draw(st.none() | st.floats(0, 4e9)),
        attributes={"name": draw(st.text(st.characters(exclude_categories=["Cs"])))},
    )


KINDS = st.sampled_from(["a", "b", 1, True])
NUMBERS = st.lists(st.integers(0, 10**9), max_size=4, unique=True)
TRIALS = NUMBERS.flatmap(lambda numbers: st.tuples(*map(a_trial, sorted(numbers))))


def study_of(trials: tuple[TrialToWrite, ...]) -> StudyToWrite:
    about = OurStudy("uid", "loss", 12)
    return StudyToWrite("ns/s", False, about, SPACE, trials, {"pruner": "Median"})


@pytest.mark.parametrize("way", WRITERS)
@given(trials=TRIALS)
@settings(max_examples=25, deadline=None)
def test_any_trials_are_loaded_and_read_again_as_they_were(way, trials):
    write, opened = WRITERS[way]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        assert list(write(path, study_of(trials))) == [*range(1, len(trials) + 1)]
        study = optuna.load_study(study_name="ns/s", storage=opened(path))
        loaded, found = study.trials, read_optuna(path)
    for given_, theirs in zip(trials, loaded, strict=True):
        assert [*theirs.intermediate_values] == list(given_.steps)
        assert [*theirs.intermediate_values.values()] == pytest.approx(
            given_.values, nan_ok=True, abs=0
        )
        last = given_.values[-1] if given_.steps else math.nan
        if given_.outcome is Outcome.COMPLETED and math.isfinite(last):
            assert (theirs.state, theirs.value) == (TrialState.COMPLETE, last)
        assert (theirs.state is TrialState.WAITING) == (given_.outcome is None)
    ended = [each for each in trials if each.outcome in ENDED]
    assert (found.metric, found.uid, found.horizon) == ("loss", "uid", 12)
    assert [each.number for each in found.trials] == [each.number for each in ended]
    for given_, read in zip(ended, found.trials, strict=True):
        assert (read.outcome, read.steps) == (given_.outcome, tuple(given_.steps))
        assert json.dumps(dict(read.parameters)) == json.dumps(dict(given_.parameters))
        assert read.values == pytest.approx(given_.values, nan_ok=True, abs=0)
    assert found.going_on == sum(each.outcome in (None, Outcome.RUNNING) for each in trials)
    assert found.lost == sum(each.outcome is Outcome.LOST for each in trials)


@given(trials=TRIALS)
@settings(max_examples=15, deadline=None)
def test_rows_are_those_that_optuna_writes_itself(trials):
    study = study_of(trials)
    with TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours", Path(folder) / "theirs"
        list(write_sqlite(ours, study))
        list(write_sqlite(theirs, replace(study, trials=())))
        storage = database(theirs)
        for trial in frozen_trials(study):
            optuna.load_study(study_name="ns/s", storage=storage).add_trial(trial)
        storage.engine.dispose()
        assert content(ours) == content(theirs)


def content(path: Path) -> dict[str, list[tuple]]:
    """Return the rows of each table, those of one trial in any order and without their numbers."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: sorted(
                (row if name in ("trials", "studies") else row[1:])
                for row in connection.execute(f"SELECT * FROM {name}")
            )
            for (name,) in tables.fetchall()
        }


@pytest.mark.parametrize("name", ["s", "with space", "a#b?c%41&d=e", "ü"])
@pytest.mark.parametrize("way", WRITERS)
def test_a_file_of_any_name_is_written_and_read(way, name, tmp_path):
    list(WRITERS[way][0](tmp_path / name, study_of(())))
    assert read_optuna(tmp_path / name).name == "ns/s"
