"""`espalier explain` says why, in words that any terminal can show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from rich.cells import cell_len

from espalier.cli.main import main
from tests.patience import PATIENCE
from tests.views.explaining.studies import GUARDED, PRUNERS, record, settings_for

EVIL = "[bold red]x[/]\x1b[31m\x07\u202e]8;;http://evil\x1b\\ \r\n=cmd()"


@pytest.fixture(autouse=True)
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recorded = record(settings_for(PRUNERS["Median"], pruning=GUARDED), seed=4, trials=15)
    made = {
        "kind": "trial",
        "trial": 3,
        "name": "digits-3",
        "parameters": {"lr": 0.1, "tag": EVIL},
        "origin": "Sampled",
        "template": 0,
        "created_at": 1.0,
        "started_at": 1.0,
    }
    recorded.rows.insert(1, made)
    path = tmp_path_factory.mktemp("logs") / "digits.jsonl"
    path.write_text("\n".join(recorded.lines()) + "\n")
    return path


def explain(log: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["explain", *words, "--from", str(log)])


def pruned_of(log: Path) -> list[int]:
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    return [
        row["trial"]
        for row in rows
        if row["kind"] == "decision" and row["action"] == "Prune" and row["shadow"] is None
    ]


def test_a_pruned_trial_is_explained_by_the_sentence_and_the_numbers_of_its_row(log: Path) -> None:
    for trial in pruned_of(log):
        said = explain(log, str(trial))
        view = json.loads(explain(log, str(trial), "-o", "json").stdout)
        assert said.exit_code == 0, said.output
        plain = " ".join(said.stdout.split())
        assert view["decided"]["sentence"] in plain
        assert view["different"]["sentence"] in plain
        assert f"{view['decided']['numbers']['cutOff']:.6g}" in plain


@pytest.mark.parametrize("name", ["3", "digits-3", "ml/digits-3"])
def test_a_trial_is_named_as_kubectl_lists_it(log: Path, name: str) -> None:
    said = explain(log, name)
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("Trial 3 (digits-3)")


def test_a_trial_of_a_named_study_is_meant_with_trial(log: Path) -> None:
    first = explain(log, "digits", "--trial", "3").stdout
    assert first == explain(log, "ml/digits", "--trial", "digits-3").stdout
    assert first.startswith("Trial 3")


def test_a_study_is_explained_where_no_trial_is_named(log: Path) -> None:
    whole = explain(log)
    assert whole.exit_code == 0, whole.output
    assert whole.stdout == explain(log, "digits").stdout == explain(log, "ml/digits").stdout
    assert f"{len(pruned_of(log))} trials were pruned" in whole.stdout


@pytest.mark.parametrize("words", [[], ["3"], ["3", "--at", "1", "--counterfactual"]])
def test_json_and_yaml_say_the_same(log: Path, words: list[str]) -> None:
    plain = explain(log, *words, "-o", "json")
    assert json.loads(plain.stdout) == yaml.safe_load(explain(log, *words, "-o", "yaml").stdout)


@pytest.mark.parametrize("output", ["table", "json", "yaml"])
def test_what_anybody_wrote_is_shown_and_not_obeyed(log: Path, output: str) -> None:
    said = explain(log, "3", "-o", output).stdout
    assert not set(said) & {"\x1b", "\x07", "\u202e", "\r"}
    assert "[bold red]" in said


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["ml/nonsense-3"],
        ["digits", "--trial", "99"],
        ["digits", "--trial", "nonsense"],
        ["99"],
        ["digits", "--at", "3"],
        ["digits", "--counterfactual"],
        ["a/b/c"],
        ["other", "--trial", "3"],
        ["9" * 40],
    ],
)
def test_what_is_not_there_is_said_in_one_line(log: Path, words: list[str]) -> None:
    said = explain(log, *words)
    assert said.exit_code == 2
    assert len(said.stderr.splitlines()) == 1, said.stderr
    assert "Traceback" not in said.output


def test_without_a_name_a_log_is_needed() -> None:
    said = CliRunner().invoke(main, ["explain"])
    assert said.exit_code == 2
    assert "--from FILE" in said.stderr


@pytest.mark.parametrize("columns", ["20", "40", "80", "200"])
@pytest.mark.parametrize("words", [[], ["3", "--counterfactual"], ["0"]], ids=" ".join)
def test_it_fits_the_terminal(
    log: Path, monkeypatch: pytest.MonkeyPatch, columns: str, words: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    said = explain(log, *words)
    assert said.exit_code == 0, said.output
    assert max(map(cell_len, said.stdout.splitlines())) <= int(columns)


def test_a_pipe_gets_no_colours(log: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "espalier.cli.main", "explain", "3", "--from", str(log)],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    assert done.stdout.startswith("Trial 3")
    assert "\x1b" not in done.stdout


def test_what_a_plug_in_or_a_metric_says_is_shown_and_not_obeyed(log: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    rows[0]["settings"]["metric"] = EVIL
    rows[0]["namespace"], rows[0]["name"] = EVIL, EVIL
    for row in rows:
        row |= {"metric": EVIL} if "metric" in row else {}
        if row["kind"] == "decision" and row["action"] == "Prune":
            row |= {"reason": "PluginPrunes", "evidence": {"why": EVIL, EVIL: EVIL}, "pruner": EVIL}
            row |= {"shadow": EVIL if row["shadow"] else None}
    path = tmp_path / "evil.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    pruned = str(pruned_of(path)[0])
    for words in ([], [pruned], [pruned, "--counterfactual"], ["0", "--counterfactual"]):
        for output in ("table", "json", "yaml"):
            said = explain(path, *words, "-o", output)
            assert said.exit_code == 0, said.output
            assert not set(said.stdout) & {"\x1b", "\x07", "\u202e", "\r"}
