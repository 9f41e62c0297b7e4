"""The how-to pages of frameworks: their code is run, and their YAML reads what it has written.

A page is read from top to bottom. Its blocks of Python are one script, run with the real library;
a block of text is what a library that is not here has printed; each block of YAML is a part of a
Study whose objective must be found in what came before it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from espalier.api import parse_study
from tests.cli.test_boundary import invoked
from tests.patience import PATIENCE
from tools.images.recipe import TRAINERS
from tools.trainers import python_of

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs/how-to"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BASE = yaml.safe_load((ROOT / "examples/digits/study.yaml").read_text())
HISTORIES = (
    "\nimport json, sys\nprint(json.dumps(getattr(history, 'history', history)), file=sys.stderr)\n"
)


def blocks(page: str) -> list[tuple[str, str]]:
    return FENCE.findall((HOW_TO / page).read_text(encoding="utf-8"))


def study_of(text: str) -> dict[str, Any]:
    return {**BASE, "spec": {**BASE["spec"], **yaml.safe_load(text)}}


PAGES = (
    "report-values.md",
    "plain-prints.md",
    "keras.md",
    "lightning.md",
    "xgboost-lightgbm-catboost.md",
    "yolo.md",
)
PARTS = [(page, text) for page in PAGES for language, text in blocks(page) if language == "yaml"]


@pytest.mark.parametrize(("page", "text"), PARTS, ids=lambda value: value[:30])
def test_each_part_of_a_study_is_one(page: str, text: str) -> None:
    parse_study(study_of(text))


@pytest.mark.parametrize("script", TRAINERS)
def test_each_example_is_a_script_without_espalier_and_a_study(script: str) -> None:
    folder = ROOT / "examples/trainers"
    assert "espalier" not in (folder / f"{script}.py").read_text().lower()
    study = parse_study(yaml.safe_load((folder / f"{script}.yaml").read_text()))
    (container,) = study.spec.template["spec"]["containers"]
    assert container["command"] == ["python3", f"/app/{script}.py"]


TABLE = re.findall(r"\[`(\{type: [^`]+\})`\]", (HOW_TO / "report-values.md").read_text())


@pytest.mark.parametrize("collector", [each for each in TABLE if "…" not in each])
def test_each_line_of_the_table_is_a_collector(collector: str) -> None:
    parse_study(study_of(f"collector: {collector}"))


@cache
def written_by(environment: str, page: str, number: int, folder: Path) -> tuple[str, Any]:
    """Run a page's code down to one of its blocks: what that prints, and what the library logs."""
    code = [text for language, text in blocks(page) if language == "python"]
    quiet = "import os; os.makedirs('logs', exist_ok=True)\n"
    before = "".join(
        f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n{_indented(text)}"
        for text in code[:number]
    )
    script = quiet + before + code[number]
    if "history" in code[number]:
        script += HISTORIES
    done = subprocess.run(
        [python_of(environment), "-u", "-c", script],
        cwd=folder,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "train.log").write_text(done.stdout)
    last = done.stderr.rstrip().rpartition("\n")[2]
    return done.stdout + done.stderr, json.loads(last) if last.startswith("{") else None


def _indented(text: str) -> str:
    return "".join(f"    {line}" for line in text.splitlines(keepends=True)) + "\n"


def read_as(text: str, source: Path, folder: Path) -> list[tuple[str, int, float]]:
    """Return what the collector of a part of a Study finds."""
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump(study_of(text)))
    result = invoked(["collect", "-o", "json", "--study", str(study), str(source)])
    assert result.exit_code == 0, result.output
    objective = study_of(text)["spec"]["objective"]["metric"]
    found = [tuple(json.loads(line).values()) for line in result.stdout.splitlines()]
    return [each for each in found if each[0] == objective]


def yaml_after(page: str, language: str, number: int) -> str:
    """Return the block of YAML that follows the numbered block of a language."""
    every = blocks(page)
    at = [index for index, (found, _) in enumerate(every) if found == language][number]
    return next(text for found, text in every[at:] if found == "yaml")


PRINTED = [
    ("plain-prints.md", 0, [50.0, 75.0, 83.33]),
    ("plain-prints.md", 1, [0.9, 0.45, 0.3]),
    ("plain-prints.md", 2, [9001.0, 9002.0, 9003.0]),
]


@pytest.mark.parametrize(("page", "number", "values"), PRINTED)
def test_plain_prints_are_read(page, number, values, tmp_path):
    code = [text for language, text in blocks(page) if language == "python"][number]
    with (tmp_path / "train.log").open("wb") as log:  # of tqdm, which draws on standard error, too
        command = [python_of("loggers"), "-u", "-c", code]
        subprocess.run(command, stdout=log, stderr=log, check=True, timeout=PATIENCE)
    found = read_as(yaml_after(page, "python", number), tmp_path / "train.log", tmp_path)
    assert [value for _, _, value in found] == values
    assert [step for _, step, _ in found] == [1, 2, 3]


def test_what_keras_prints_and_writes_is_read(tmp_path):
    _, history = written_by("keras", "keras.md", 0, tmp_path)
    found = read_as(yaml_after("keras.md", "python", 0), tmp_path / "train.log", tmp_path)
    assert [step for _, step, _ in found] == [1, 2, 3]
    assert [value for *_, value in found] == [round(each, 4) for each in history["val_loss"]]


def test_what_keras_writes_into_a_table_is_read(tmp_path):
    _, history = written_by("keras", "keras.md", 1, tmp_path)
    found = read_as(yaml_after("keras.md", "python", 1), tmp_path / "logs", tmp_path)
    assert [step for _, step, _ in found] == [0, 1, 2]
    assert [value for *_, value in found] == history["val_accuracy"]


BOOSTED = [
    (0, "valid-auc", ("valid", "auc"), range(5), 5),
    (1, "valid's auc", ("valid", "auc"), range(1, 6), 6),
]


@pytest.mark.parametrize(("number", "metric", "at", "steps", "digits"), BOOSTED)
def test_what_boosting_prints_is_read(number, metric, at, steps, digits, tmp_path):
    page = "xgboost-lightgbm-catboost.md"
    _, history = written_by("loggers", page, number, tmp_path)
    found = read_as(yaml_after(page, "python", number), tmp_path / "train.log", tmp_path)
    assert [step for _, step, _ in found] == list(steps)
    logged = history[at[0]][at[1]]
    assert [value for *_, value in found] == pytest.approx(logged, abs=10**-digits)


PASTED = [
    ("xgboost-lightgbm-catboost.md", 0, [(0, 0.6755), (1, 0.659), (2, 0.6432)]),
    ("yolo.md", 0, [(1, 0.14233), (2, 0.21876), (3, 0.27341)]),
    ("lightning.md", 0, [(0, 0.612), (1, 0.498)]),
]


@pytest.mark.parametrize(("page", "number", "values"), PASTED, ids=lambda value: str(value)[:12])
def test_what_a_page_shows_as_printed_is_read(page, number, values, tmp_path):
    text = [text for language, text in blocks(page) if language == "text"][number]
    (tmp_path / "results.csv").write_text(text)
    source = tmp_path / "results.csv"
    found = read_as(yaml_after(page, "text", number), source, tmp_path)
    assert [(step, value) for _, step, value in found] == values


def test_what_lightnings_own_logger_writes_is_read(tmp_path):
    writer = ROOT / "tests/sidecar/trainers/lightning_csv.py"
    done = subprocess.run(
        [python_of("lightning"), str(writer), str(tmp_path / "work"), "1"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    logged = [json.loads(line) for line in done.stdout.splitlines()]
    text = next(text for page, text in PARTS if page == "lightning.md" and "Csv" in text)
    found = read_as(text, tmp_path / "work", tmp_path)
    losses = [value for name, _, value in logged if name == "val_loss"]
    assert found == [("val_loss", epoch, loss) for epoch, loss in enumerate(losses)]
