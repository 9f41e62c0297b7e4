"""Studies of Optuna are read out of its own storages, or it is said why they cannot be."""

from __future__ import annotations

import math

import optuna
import pytest
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from espalier.search import Outcome
from espalier.search.optuna_storage import read_optuna


@pytest.fixture
def file(tmp_path):
    return tmp_path / "optuna"


def journal(file):
    return JournalStorage(JournalFileBackend(str(file)))


def database(file):
    return RDBStorage(f"sqlite:///{file}")


@pytest.mark.parametrize("storage", [journal, database])
def test_trials_are_read_as_they_ended_and_the_file_is_left_as_it_is(file, storage):
    study = optuna.create_study(storage=storage(file), study_name="s", direction="maximize")
    trial = study.ask({"lr": optuna.distributions.FloatDistribution(0.0, 1.0)})
    trial.report(0.5, 0)
    trial.report(math.nan, 4)
    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    trial = study.ask({"kind": optuna.distributions.CategoricalDistribution(["a", "b"])})
    study.tell(trial, 2.0)
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    study.ask()
    before = file.read_bytes()
    found = read_optuna(file)
    assert file.read_bytes() == before
    assert (found.name, found.maximizes, found.horizon, found.going_on) == ("s", True, 4, 1)
    pruned, completed, failed = found.trials
    assert (pruned.outcome, pruned.steps) == (Outcome.PRUNED, (0, 4))
    assert math.isnan(pruned.values[1])
    assert (completed.outcome, completed.steps, completed.values) == (
        Outcome.COMPLETED,
        (4,),
        (2.0,),
    )
    assert set(completed.parameters) == {"kind"}
    assert (failed.outcome, failed.steps) == (Outcome.FAILED, ())


def test_one_of_several_studies_is_named(file):
    for name in ("a", "b"):
        optuna.create_study(storage=journal(file), study_name=name)
    assert read_optuna(file, "b").name == "b"
    with pytest.raises(ValueError, match=r"since the storage has 2 \(a, b\), got nothing"):
        read_optuna(file)
    with pytest.raises(ValueError, match=r"one of the storage's studies \(a, b\), got c"):
        read_optuna(file, "c")


def test_a_study_of_several_objectives_is_refused(file):
    optuna.create_study(storage=journal(file), study_name="s", directions=["minimize"] * 2)
    with pytest.raises(ValueError, match="a study of one objective, got s with 2"):
        read_optuna(file)


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"x" * 99, b'{"op_code": 99}\n'])
def test_what_is_no_storage_is_said_to_be_none(file, content):
    file.write_bytes(content)
    with pytest.raises(ValueError, match="expected"):
        read_optuna(file)
