"""Trials of elsewhere become a ConfigMap that a Study can begin with."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from click.testing import CliRunner, Result
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from espalier.cli.import_ import MOST_BYTES
from espalier.cli.main import main
from espalier.planning.proposing.taking_over import SourceStudy
from espalier.pruning import Direction
from espalier.search import Outcome
from espalier.store import read_lines
from espalier.study_log.sources import source_of

CSV = (
    "lr,kind,deep,loss,state\n0.5,a,true,1.5,completed\n0.25,b,,nan,pruned\n1e-3,7,false,,failed\n"
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def imported(*arguments: object) -> SourceStudy:
    """What a Study would find in the ConfigMap that is printed."""
    done = run(*arguments, "--name", "log")
    assert done.exit_code == 0, done.output
    return found_in(done.stdout)


def found_in(printed: str) -> SourceStudy:
    body: dict[str, Any] = yaml.safe_load(printed)
    assert (body["kind"], body["metadata"]["name"]) == ("ConfigMap", "log")
    text = body["data"]["trials.jsonl"]
    assert len(text.encode()) <= MOST_BYTES
    return source_of(read_lines(text.splitlines(), "log"), "p", "ConfigMap", "log")


def test_a_table_is_read_with_the_types_that_its_cells_have(tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    file.write_text(CSV)
    found = imported(file, "--metric", "loss", "--direction", "Minimize")
    assert (found.metric, found.direction, found.horizon) == ("loss", Direction.MINIMIZE, None)
    first, second, third = found.trials
    assert first.parameters == {"lr": 0.5, "kind": "a", "deep": True}
    assert (first.outcome, list(first.values)) == (Outcome.COMPLETED, [1.5])
    assert second.parameters == {"lr": 0.25, "kind": "b"}
    assert second.outcome is Outcome.PRUNED
    assert math.isnan(second.values[0])
    assert third.parameters == {"lr": 1e-3, "kind": 7, "deep": False}
    assert (third.outcome, list(third.values)) == (Outcome.FAILED, [])


def objective(trial: optuna.Trial) -> float:
    lr = trial.suggest_float("lr", 1e-4, 1.0, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    if trial.number == 3:
        raise ValueError("diverged")
    for step in range(5):
        trial.report(lr * step, step)
        if trial.number == 2 and step == 2:
            raise optuna.TrialPruned
    return lr + (kind == "a")


def journal(path: Path) -> BaseStorage:
    return JournalStorage(JournalFileBackend(str(path)))


def database(path: Path) -> BaseStorage:
    return RDBStorage(f"sqlite:///{path}")


@pytest.mark.parametrize("storage", [journal, database])
def test_a_study_of_optuna_is_read_as_it_ended(tmp_path: Path, storage: Any) -> None:
    file = tmp_path / "optuna"
    study = optuna.create_study(
        storage=storage(file), study_name="digits", sampler=optuna.samplers.RandomSampler(1)
    )
    study.optimize(objective, n_trials=5, catch=ValueError)
    before = file.read_bytes()
    found = imported(file, "--metric", "loss")
    assert file.read_bytes() == before
    assert (found.direction, found.horizon) == (Direction.MINIMIZE, 4)
    told = [each.outcome for each in found.trials]
    done = Outcome.COMPLETED
    assert told == [done, done, Outcome.PRUNED, Outcome.FAILED, done]
    for mine, theirs in zip(found.trials, study.trials, strict=True):
        assert mine.parameters == theirs.params
        if theirs.value is not None and mine.outcome is done:
            assert (list(mine.steps), mine.values[-1]) == ([0, 1, 2, 3, 4], theirs.value)
    assert list(found.trials[2].steps) == [0, 1, 2]


def log_of(trials: int, steps: int) -> list[str]:
    """The lines of an export whose values take more room than a ConfigMap has."""
    settings = {"metric": "loss", "direction": "Minimize", "horizon": steps, "uid": "old"}
    settings |= {"target": None, "seed": 0, "trials": 1, "pruner": {"type": "Nop"}, "pruning": {}}
    lines: list[dict[str, Any]] = [{"kind": "study", "uid": "old", "settings": settings}]
    for number in range(trials):
        parameters = {"lr": 0.5 + number / 1e6}
        made = {"name": f"s-{number}", "origin": "Sampled", "template": 0, "created_at": 0.0}
        lines.append(
            {"kind": "trial", "trial": number, "parameters": parameters, "started_at": None} | made
        )
    seq = 0
    for number in range(trials):
        for step in range(1, steps + 1):
            seq += 1
            row = {"trial": number, "attempt": 1, "seq": seq, "at": 0.0, "metric": "loss"}
            lines.append({"kind": "observation", "step": step, "value": 1 / (step + number)} | row)
        seq += 1
        lines.append(
            {
                "kind": "end",
                "trial": number,
                "seq": seq,
                "at": 0.0,
                "state": "Completed",
                "reason": "Completed",
            }
        )
    return [json.dumps(line) for line in lines]


def test_a_log_that_is_too_large_is_thinned_out_until_it_fits(tmp_path: Path) -> None:
    file = tmp_path / "digits.jsonl"
    file.write_text("\n".join(log_of(600, 150)))
    done = run(file, "--name", "log")
    assert done.exit_code == 0, done.output
    found = found_in(done.stdout)
    assert len(found.trials) == 600
    points = {len(each.steps) for each in found.trials}
    assert points == {50}
    assert all(each.steps[-1] == 150 for each in found.trials)
    assert "600 trials (600 completed) that minimize loss" in done.stderr
    assert "of each at most 50 values" in done.stderr


def test_the_newest_alone_can_be_taken(tmp_path: Path) -> None:
    file = tmp_path / "digits.jsonl"
    file.write_text("\n".join(log_of(9, 3)))
    assert [each.number for each in imported(file, "--newest", 2).trials] == [7, 8]


TABLE = ("--metric", "loss", "--direction", "Minimize")
BAD: dict[str, tuple[str, tuple[str, ...], str]] = {
    "a table without the metric": ("lr,x\n1,2\n", TABLE, "line 1: expected a column loss"),
    "a row that is short": ("lr,loss\n1\n", TABLE, "line 2: expected 2 cells as the header has"),
    "a value that is none": ("lr,loss\n1,high\n", TABLE, "line 2, loss: expected a number"),
    "a state that is none": (
        "lr,loss,state\n1,2,running\n",
        TABLE,
        "line 2, state: expected completed, pruned or failed, got 'running'",
    ),
    "a column twice": ("lr,lr,loss\n1,1,1\n", TABLE, "a name of its own for each column"),
    "nothing": ("", TABLE, "expected a table with a header, got nothing"),
    "a table that does not say what it is about": ("lr,loss\n1,2\n", (), "expected both for a CSV"),
    "a log that is torn": ('{"kind": "study"', (), "line 1: expected JSON"),
    "a study that is none of Optuna's": ("lr,loss\n1,2\n", ("--study", "a"), "remove it"),
    "a journal that Optuna cannot read": (
        '{"op_code": 99, "study_name": "a"}\n',
        TABLE[:2],
        "expected a storage of Optuna",
    ),
    "a journal without a metric": (
        '{"op_code": 0, "worker_id": "w", "study_name": "a", "directions": [1]}\n',
        (),
        "expected the name of the metric",
    ),
    "a database that is none of Optuna's": (
        "SQLite format 3\0" + "x" * 200,
        TABLE[:2],
        "expected a storage of Optuna",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_cannot_be_read_is_named_with_its_line_and_the_remedy(
    tmp_path: Path, fault: str
) -> None:
    text, options, says = BAD[fault]
    file = tmp_path / "file"
    file.write_text(text)
    done = run(file, *options, "--name", "log")
    assert done.exit_code == 2
    assert says in done.stderr
    assert "; " in done.stderr
    assert "Traceback" not in done.output


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = run(tmp_path / "never", *TABLE, "--name", "log").stderr
    assert "expected a file" in said
    assert "never" in said


def test_a_name_that_no_config_map_can_have_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    file.write_text(CSV)
    assert "expected the name of a ConfigMap" in run(file, *TABLE, "--name", "My_Log").stderr
