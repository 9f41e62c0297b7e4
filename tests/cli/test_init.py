"""What `espalier init` writes is valid, whatever is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.parse import parse_study
from espalier.cli.main import main
from espalier.cli.written.new_study import flow
from espalier.search.samplers.registry import SAMPLERS

NEEDED = ["--image", "registry.local/digits:dev", "--metric", "loss", "-p", "lr=1e-4..1:log"]


def init(*words: str) -> Result:
    return CliRunner().invoke(main, ["init", *words])


@pytest.mark.parametrize(
    ("words", "path", "value"),
    [
        (["--direction", "min"], ("objective", "direction"), "Minimize"),
        (["--pruner", "ASHA"], ("pruner", "type"), "SuccessiveHalving"),
        (["--pruner", "median"], ("pruner", "type"), "Median"),
        (["--sampler", "tpe"], ("sampler", "type"), "TPE"),
        (["--collector", "stdout"], ("collector", "type"), "Output"),
        (["--gpus", "2"], ("trials", "max"), 50),
        (["--step", "boosting round"], ("resource", "name"), "boosting round"),
    ],
)
def test_words_of_other_tools_are_taken_for_what_they_mean(
    words: list[str], path: tuple[str, str], value: object
) -> None:
    result = init(*NEEDED, *words, "-O", "-")
    assert result.exit_code == 0, result.output
    study = yaml.safe_load(result.stdout)
    parse_study(study)
    assert study["spec"][path[0]][path[1]] == value


@pytest.mark.parametrize("sampler", sorted(SAMPLERS.keys() - {"Grid", "GP"}))
def test_every_sampler_can_be_asked_for(sampler: str) -> None:
    assert init(*NEEDED, "--sampler", sampler, "-O", "-").exit_code == 0


@given(st.recursive(st.text(max_size=12) | st.integers() | st.booleans(), st.lists, max_leaves=4))
def test_what_is_written_is_read_as_it_was(value: object) -> None:
    assert yaml.safe_load(flow({"key": value})) == {"key": value}


def test_nothing_is_overwritten_unless_that_is_wanted(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    assert init(*NEEDED, "-O", str(file)).exit_code == 0
    before = file.read_text()
    refused = init(*NEEDED, "--name", "other", "-O", str(file))
    assert (refused.exit_code, file.read_text()) == (2, before)
    assert init(*NEEDED, "--name", "other", "-O", str(file), "--force").exit_code == 0
    assert file.read_text() != before


def test_where_nobody_can_answer_what_is_missing_is_named() -> None:
    result = init("--metric", "loss")
    assert result.exit_code == 2
    assert "--image, --parameter" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--pruner", "no such"],
        ["--name", "Not A Name"],
        ["--metric", ""],
        ["-p", "lr=2..1"],
        ["--command", "python 'x"],
        ["--image", "a\nb: {"],
    ],
)
def test_what_would_not_be_valid_is_not_written(words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    result = init(*NEEDED, *words, "-O", str(file))
    if words[0] == "--image":
        assert result.exit_code == 0
        image = yaml.safe_load(file.read_text())["spec"]["template"]["spec"]["containers"][0]
        assert image["image"] == "a\nb: {"
        return
    assert result.exit_code == 2
    assert not file.exists()
