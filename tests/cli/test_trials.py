"""A study's trials as a table that can be sorted, filtered, and read by programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from espalier.cli.main import main
from espalier.cli.showing.trial_columns import trial_columns
from espalier.views.plain import View
from tests.cli.asking.commanded import commanded


def of_log(exported: Path, *words: str, study: str = "digits", **env: str) -> Result:
    words = ("trials", "--from", str(exported / f"{study}.jsonl"), *words)
    done = CliRunner().invoke(main, list(words), env=env)
    assert done.exit_code == 0, done.output
    return done


def items(exported: Path, *words: str, study: str = "digits") -> list[View]:
    found: list[View] = json.loads(of_log(exported, *words, "-o", "json", study=study).stdout)[
        "items"
    ]
    return found


def test_a_log_and_the_read_api_list_the_same(golden: str, exported: Path, tmp_path: Path) -> None:
    done, _ = commanded(golden, tmp_path, "trials", "digits", "-o", "json")
    assert json.loads(done.stdout)["items"] == items(exported)


def test_trials_are_sorted_and_filtered(exported: Path) -> None:
    ranks = [each["rank"] for each in items(exported, "--sort", "value") if each["rank"]]
    assert ranks == sorted(ranks)
    assert {each["state"] for each in items(exported, "--state", "pruned")} == {"Pruned"}
    both = items(exported, "--state", "pruned", "--state", "failed")
    assert {each["state"] for each in both} == {"Pruned", "Failed"}
    assert len(items(exported, "--limit", "3")) == 3
    assert items(exported, "--reverse") == items(exported)[::-1]


@pytest.mark.parametrize("study", ["digits", "language"])
def test_the_best_comes_first_whichever_way_is_better(study: str, exported: Path) -> None:
    shown = [each["best"] for each in items(exported, "--sort", "best", study=study)]
    known = [each for each in shown if each is not None]
    assert known == sorted(known, reverse=study == "digits")


def test_trials_are_sorted_by_a_parameter(exported: Path) -> None:
    rates = [each["parameters"]["lr"] for each in items(exported, "--sort", "lr")]
    assert rates == sorted(rates)
    words = ["trials", "--from", str(exported / "digits.jsonl"), "--sort", "nosuch"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "number, value, best" in done.stderr
    assert "lr" in done.stderr


def test_a_table_has_parameters_as_columns_and_curves(exported: Path) -> None:
    shown = of_log(exported).stdout
    assert shown.splitlines()[0].split()[:7] == [
        *("trial", "state", "epoch", "val_accuracy", "rank", "curve", "lr")
    ]
    assert "▁" in shown


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_a_table_fits_the_terminal(width: int, exported: Path) -> None:
    lines = of_log(exported, "-o", "wide", COLUMNS=str(width)).stdout.splitlines()
    assert max(map(len, lines)) <= width
    if width < 120:
        assert "no room for" in " ".join(lines)


def test_csv_has_a_column_for_each_parameter(exported: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(of_log(exported, "-o", "csv").stdout)))
    assert [float(row["parameters.lr"]) for row in rows] == [
        each["parameters"]["lr"] for each in items(exported)
    ]


def test_names_are_what_kubectl_takes(exported: Path) -> None:
    names = of_log(exported, "-o", "name", "--limit", "1").stdout
    assert names == "trial.espalier.dev/digits-0\n"


def test_a_parameter_called_like_a_column_is_another_column() -> None:
    study = {"resource": {"name": "step", "max": 9}, "objective": {"metric": "state"}}
    trial: dict[str, Any] = {"number": 1, "state": "Running", "parameters": {"state": "mine"}}
    columns = trial_columns(study, [trial], {})
    assert [column.title for column in columns].count("state") == 3
