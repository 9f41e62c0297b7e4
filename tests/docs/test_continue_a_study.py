"""The commands of the page on continuing a study do what it says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from espalier.cli.main import main
from espalier.planning.proposing.taking_over import SourceStudy
from espalier.pruning import Direction
from espalier.search import Outcome
from espalier.study_log.read_csv import read_csv
from espalier.study_log.read_lines import read_lines
from espalier.study_log.sources import source_of
from tests.cli.test_import import database, log_of, objective
from tests.docs.test_examples import blocks
from tests.integration.api_server import ApiServer, api_server

PAGE = "docs/how-to/continue-a-study.md"
STARTED = {"status": {"startTime": "2026-01-01T00:00:00Z"}}


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        yield server


def lines_of(command: str) -> list[str]:
    texts = [text for page, text in blocks("console") if page == PAGE]
    return [line for text in texts for line in text.splitlines() if line.startswith(command)]


def studies() -> dict[str, dict]:
    found = [yaml.safe_load(text) for page, text in blocks("yaml") if page == PAGE]
    return {study["metadata"]["name"]: study for study in found}


def table() -> str:
    (text,) = (text for page, text in blocks("csv") if page == PAGE)
    return text


def test_a_study_that_has_started_takes_more_trials_and_configurations(server):
    server.create(studies()["digits"])
    server.patch("Study", "digits", STARTED, subresource="status")
    patch, *_ = (shlex.split(line)[1:] for line in lines_of("kubectl patch"))
    server.kubectl(*patch)
    assert server.get("Study", "digits")["spec"]["trials"]["max"] == 48
    more = {"spec": {"enqueue": [{"optimizer": "sgd", "momentum": 0.5}]}}
    assert server.patch("Study", "digits", more)["spec"]["enqueue"] == more["spec"]["enqueue"]


def test_what_it_begins_with_is_fixed_then_and_told_by_the_status(server):
    server.create(studies()["digits-2"])
    told = {"taken": 3, "leftOut": 1, "sources": [
        {"kind": "Study", "name": "digits", "uid": "u", "taken": 3,
         "leftOut": [{"reason": "no value of lr", "trials": 1}]},
    ]}  # fmt: skip
    status = {"status": {**STARTED["status"], "warmStart": told}}
    server.patch("Study", "digits-2", status, subresource="status")
    other = {"spec": {"warmStart": {"rerun": True}}}
    said = server.kubectl(
        "patch", "study", "digits-2", "--type=merge", f"--patch={json.dumps(other)}", check=False
    )
    assert "spec.warmStart is fixed once the study has started" in said
    (ask,) = (shlex.split(line)[1:] for line in lines_of("kubectl get"))
    assert json.loads(server.kubectl(*ask)) == told


def imported(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> SourceStudy:
    """Run a command of the page, and read what a Study would."""
    monkeypatch.chdir(folder)
    words = shlex.split(line)[1:]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    written = yaml.safe_load((folder / words[words.index("--to") + 1]).read_text())
    (text,) = written["data"].values()
    return source_of(read_lines(text.splitlines(), "log"), "p", "ConfigMap", "log")


def test_every_import_of_the_page_gives_what_a_study_can_begin_with(tmp_path, monkeypatch):
    import optuna

    (tmp_path / "digits.jsonl").write_text("\n".join(log_of(4, 3)))
    (tmp_path / "runs.csv").write_text(table())
    study = optuna.create_study(storage=database(tmp_path / "optuna.db"), direction="maximize")
    study.optimize(objective, n_trials=2)
    found = [imported(line, tmp_path, monkeypatch) for line in lines_of("espalier import")]
    assert [len(each.trials) for each in found] == [4, 2, 3]
    assert [each.metric for each in found] == ["loss", "val_accuracy", "val_accuracy"]


def test_the_table_of_the_page_may_be_in_a_config_map_as_it_is():
    found = read_csv(table(), "p", "t", "val_accuracy", Direction.MAXIMIZE)
    assert [each.outcome for each in found.trials] == [
        Outcome.COMPLETED, Outcome.PRUNED, Outcome.FAILED,
    ]  # fmt: skip
