"""What is exported says what is stored, to spreadsheets, to pandas and to Optuna."""

from __future__ import annotations

import asyncio
import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from espalier.cli.main import main
from espalier.planning.world.earlier import EarlierTrial
from espalier.search import Outcome
from espalier.store import Log, StoredEarlier, lines, read_lines, read_log
from espalier.views.trials import trial_views
from tests.cli.agreeing import assert_agreeing, export, exported, gathered, table, written
from tests.cli.asking.serving import proxied, write_kubeconfig
from tests.read_api.serving import ADMIN, MEMBER
from tools.golden_store import fill

STUDIES = (
    ("research", "digits"),
    ("research", "language"),
    ("research", "closed"),
    ("elsewhere", "adopted"),
)
every_study = pytest.mark.parametrize("study", STUDIES, ids="/".join)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the URL of a store with a bit of all that can be in one."""
    return asyncio.run(fill(tmp_path_factory.mktemp("golden")))


def storage_of(file: Path) -> BaseStorage:
    if file.suffix == ".db":
        return RDBStorage(f"sqlite:///{file}")
    return JournalStorage(JournalFileBackend(str(file)))


def loaded(file: Path, study: tuple[str, str]) -> optuna.Study:
    return optuna.load_study(study_name="/".join(study), storage=storage_of(file))


# -- the whole log --------------------------------------------------------------------------------


@every_study
def test_lines_are_the_stores_to_the_byte_from_wherever_they_come(store, study, tmp_path):
    log = read_log(store, *study)
    assert log is not None
    wanted = "".join(f"{line}\n" for line in lines(log))
    assert exported("/".join(study), "--store", store) == wanted
    file = written(tmp_path / "log.jsonl", "/".join(study), "--store", store)
    assert file.read_text() == wanted
    assert exported("--from", file) == wanted


# -- with a kubeconfig alone --------------------------------------------------------------------


def asked(store: str, folder: Path, token: str, *words: object) -> Result:
    """Export as somebody who has nothing but a kubeconfig."""

    async def ask() -> Result:
        async with proxied(store) as (url, _):
            config = write_kubeconfig(folder / "config", url, token, namespace="research")
            return await asyncio.to_thread(export, *words, "--kubeconfig", config)

    return asyncio.run(ask())


@pytest.mark.parametrize("study", ["digits", "research/digits"])
def test_a_member_gets_the_lines_of_his_study_to_the_byte(store, study, tmp_path):
    done = asked(store, tmp_path, MEMBER, study)
    assert done.exit_code == 0, done.output
    assert done.stdout == exported("research/digits", "--store", store)


@pytest.mark.parametrize("form", ["csv", "parquet", "optuna-journal"])
def test_a_member_gets_every_format_of_his_study(store, form, tmp_path):
    words = ("digits", "--format", form, "-O", tmp_path / "theirs")
    done = asked(store, tmp_path, MEMBER, *words)
    assert done.exit_code == 0, done.output
    own = written(tmp_path / "own", "research/digits", "--store", store, "--format", form)
    if form == "optuna-journal":
        assert [json.loads(line) for line in own.read_text().splitlines()][4:] != []
        theirs = loaded(tmp_path / "theirs", ("research", "digits")).trials
        assert theirs == loaded(own, ("research", "digits")).trials
    else:
        assert (tmp_path / "theirs").read_bytes() == own.read_bytes()


def test_a_member_is_refused_another_namespaces_study_and_gets_no_file(store, tmp_path):
    words = ("elsewhere/adopted", "-O", tmp_path / "theirs.csv")
    done = asked(store, tmp_path, MEMBER, *words)
    assert done.exit_code == 2
    assert "may not" in done.stderr
    assert os.listdir(tmp_path) == ["config"]


def test_a_member_is_named_the_studies_that_he_may_export(store, tmp_path):
    assert asked(store, tmp_path, MEMBER, "--list").stdout.split() == [
        "research/digits",
        "research/language",
    ]
    everywhere = asked(store, tmp_path, ADMIN, "--list").stdout.split()
    assert sorted(everywhere) == ["elsewhere/adopted", "research/digits", "research/language"]
    assert asked(store, tmp_path, ADMIN, "--list", "-n", "elsewhere").stdout.split() == [
        "elsewhere/adopted"
    ]


# -- numbers agree --------------------------------------------------------------------------------


@every_study
def test_table_views_and_optuna_tell_the_same_of_each_trial(store, study, tmp_path):
    assert_agreeing(store, "/".join(study), tmp_path)


TRIALS = ("--format", "csv")


# -- tables ---------------------------------------------------------------------------------------


def test_pandas_finds_the_types_again(store, tmp_path):
    times = ["created_at", "started_at", "ended_at"]
    file = written(tmp_path / "digits.csv", "research/digits", "--store", store)
    read = pd.read_csv(file, parse_dates=times)
    kinds = {
        "number": "int64",
        "state": "str",
        "value": "float64",
        "params_lr": "float64",
        "exempt": "bool",
        "diverged": "bool",
        "gpu_seconds": "float64",
        "attempt": "int64",
    }
    assert {name: str(read.dtypes[name]) for name in kinds} == kinds
    assert all(str(read.dtypes[name]).startswith("datetime64") for name in times)
    pruned = read[read.state == "Pruned"]
    assert pruned.pruned_step.notna().all()
    assert read.set_index("name").loc["digits-1000000000", "value"] == 0.98


def test_curves_have_each_value_of_each_metric(store):
    log = read_log(store, "research", "digits")
    assert log is not None
    known = log.observations
    found = table(exported("research/digits", "--store", store, *TRIALS, "--what", "curves"))
    assert [
        (int(row["trial"]), int(row["attempt"]), row["metric"], int(row["step"])) for row in found
    ] == [(each.trial, each.attempt, each.metric, each.step) for each in known]
    assert [float(row["value"]) for row in found] == pytest.approx(
        [each.value for each in known], nan_ok=True, abs=0
    )
    assert {row["metric"] for row in found} == {"val_accuracy", "loss"}


def test_decisions_have_their_sentence_and_their_numbers(store):
    log = read_log(store, "research", "digits")
    assert log is not None
    found = table(exported("research/digits", "--store", store, *TRIALS, "--what", "decisions"))
    for row, each in zip(found, log.decisions, strict=True):
        assert (row["sentence"], row["shadow"]) == (each.decision.sentence(), each.shadow)
        assert json.loads(row["evidence"]).keys() == each.decision.evidence.keys()


@pytest.mark.parametrize("what", ["trials", "curves", "decisions"])
def test_parquet_has_the_rows_of_the_csv_in_types_of_their_own(store, what, tmp_path):
    words = ("research/digits", "--store", store, "--what", what)
    typed = pd.read_parquet(written(tmp_path / "a.parquet", *words))
    plain = pd.read_csv(io.StringIO(exported(*words, *TRIALS)))
    assert list(typed.columns) == list(plain.columns)
    assert len(typed) == len(plain)
    for name in typed.columns:
        if str(typed.dtypes[name]) in ("float64", "int64"):
            assert typed[name].tolist() == pytest.approx(plain[name].tolist(), nan_ok=True, abs=0)
    times = [name for name in typed.columns if name == "at" or name.endswith("_at")]
    assert {str(typed.dtypes[name]) for name in times} == {"datetime64[us, UTC]"}


# -- Optuna ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["optuna-journal", "optuna-sqlite"])
@every_study
def test_optuna_loads_a_study_and_names_its_best(store, study, form, tmp_path):
    file = tmp_path / ("s.db" if form == "optuna-sqlite" else "s.journal")
    written(file, "/".join(study), "--store", store, "--format", form)
    theirs, known = loaded(file, study), gathered(store, study)
    views = [view for view in trial_views(known) if view["state"] == "Completed"]
    score = known.study.terms.direction.score
    best = max(views, key=lambda view: score(view["latest"]))
    assert theirs.best_trial.user_attrs["number"] == best["number"]
    assert theirs.best_value == best["latest"]
    assert theirs.best_params == best["parameters"]
    assert theirs.metric_names == [known.study.terms.metric]
    frame = theirs.trials_dataframe()
    assert len(frame) == len(theirs.trials)
    if len(views) > 2:
        assert set(optuna.importance.get_param_importances(theirs)) == {"lr"}


@pytest.mark.parametrize("form", ["optuna-journal", "optuna-sqlite"])
@every_study
def test_what_optuna_was_given_is_imported_as_the_log_itself_is(store, study, form, tmp_path):
    log = written(tmp_path / "log.jsonl", "/".join(study), "--store", store)
    file = written(tmp_path / "log", "/".join(study), "--store", store, "--format", form)
    assert trials_imported(file) == trials_imported(log)


@every_study
def test_a_table_is_imported_with_the_last_values_of_the_log(store, study, tmp_path):
    log = written(tmp_path / "log.jsonl", "/".join(study), "--store", store)
    file = written(tmp_path / "log.csv", "/".join(study), "--store", store)
    terms = imported_log(log).study.terms
    options = ("--metric", terms.metric, "--direction", terms.direction.value)
    wanted = [last_of(trial) for trial in earlier(log).trials]
    assert [last_of(trial) for trial in earlier(file, *options).trials] == wanted
    written(tmp_path / "s.db", "/".join(study), "--store", store, "--format", "optuna-sqlite")
    theirs = tmp_path / "theirs.csv"
    loaded(tmp_path / "s.db", study).trials_dataframe().to_csv(theirs)
    assert [last_of(trial) for trial in earlier(theirs, *options).trials] == wanted


def last_of(trial: EarlierTrial) -> tuple[Any, ...]:
    # Optuna has no value of a trial that failed.
    values = () if trial.outcome is Outcome.FAILED else map(repr, trial.values[-1:])
    return (trial.number, trial.parameters, trial.outcome, *values)


def earlier(file: Path, *options: str) -> StoredEarlier:
    log = imported_log(file, *options)
    assert log.earlier is not None
    return log.earlier


def imported_log(file: Path, *options: str) -> Log:
    done = CliRunner().invoke(main, ["import", str(file), "--name", "log", *options])
    assert done.exit_code == 0, done.output
    return read_lines(yaml.safe_load(done.stdout)["data"]["trials.jsonl"].splitlines(), "log")


def trials_imported(file: Path) -> list[Any]:
    log = imported_log(file)
    assert log.earlier is not None
    terms = log.study.terms
    return [terms.metric, terms.direction, terms.horizon, *map(str, log.earlier.trials)]


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "optuna-journal", "optuna-sqlite"])
def test_a_file_is_replaced_only_where_it_is_said_and_is_alone_in_its_folder(store, form, tmp_path):
    words = ("research/closed", "--store", store, "--format", form)
    file = tmp_path / "file"
    file.write_text("mine")
    refused = export(*words, "-O", file)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert file.read_text() == "mine"
    exported(*words, "-O", file, "--force")
    assert file.read_bytes() != b"mine"
    assert os.listdir(tmp_path) == ["file"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--format", "parquet"), "expected a file for parquet"),
        (("--format", "optuna-journal"), "expected a file for optuna-journal"),
        (("--what", "curves"), "expected --format csv or parquet with it"),
        (("-O", "/nosuch/folder/file"), "expected a file that can be written"),
        (("-O", "/dev/null"), "expected a file"),
        (("--from", "log.jsonl"), "expected it without --store"),
    ],
)
def test_what_cannot_be_written_is_said(store, words, says):
    done = export("research/digits", "--store", store, *words)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_log_of_another_study_is_refused(store, tmp_path):
    log = written(tmp_path / "log.jsonl", "research/digits", "--store", store)
    assert "got one of research/digits" in export("language", "--from", log).stderr
    assert exported("digits", "--from", log) == log.read_text()


def test_a_broken_log_leaves_no_file(store, tmp_path):
    log = written(tmp_path / "log.jsonl", "research/digits", "--store", store)
    log.write_text(log.read_text() + "{")
    done = export("--from", log, "-O", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert os.listdir(tmp_path) == ["log.jsonl"]
