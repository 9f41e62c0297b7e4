"""The Dockerfiles keep to their rules, and the recipes know all that they copy."""

import re
from pathlib import Path

import pytest

from tools.images.recipe import RECIPES, ROOT, Recipe, fingerprint

EACH = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


def lines(recipe: Recipe) -> list[str]:
    """Give the Dockerfile's instructions, each on a line."""
    text = (ROOT / recipe.dockerfile).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def copied(recipe: Recipe) -> set[str]:
    """Name what the Dockerfile copies out of the repository."""
    found = [line.split()[1:-1] for line in lines(recipe) if line.startswith("COPY ")]
    return {name for names in found if not names[0].startswith("--from") for name in names}


@EACH
def test_a_recipe_lists_what_its_dockerfile_copies(recipe: Recipe) -> None:
    assert copied(recipe) == set(recipe.inputs)


@EACH
def test_the_last_stage_runs_as_a_number_other_than_root(recipe: Recipe) -> None:
    last = lines(recipe)[max(i for i, line in enumerate(lines(recipe)) if line[:5] == "FROM ") :]
    users = [line.split()[1] for line in last if line.startswith("USER ")]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    assert not any("pip" in line for line in last if not line.startswith("RUN rm "))


@EACH
def test_the_base_is_an_argument_by_digest_and_names_no_registry(recipe: Recipe) -> None:
    assert re.fullmatch(
        r"ARG BASE=python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}", lines(recipe)[0]
    )
    assert lines(recipe)[0] == lines(RECIPES["sidecar"])[0]
    bases = [line.split()[1] for line in lines(recipe) if line.startswith("FROM ")]
    assert set(bases) == {"${BASE}"}


@EACH
def test_docker_is_sent_what_is_copied_and_no_more(recipe: Recipe) -> None:
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    folders = [line.removeprefix("!") for line in allowed if line.startswith("!")]
    assert allowed[1] == "*"
    for name in copied(recipe):
        assert any(name == folder or name.startswith(f"{folder}/") for folder in folders)


def test_a_fingerprint_follows_the_inputs() -> None:
    recipe = RECIPES["sidecar"]
    assert fingerprint(recipe, [b"1"]) == fingerprint(recipe, [b"1"])
    assert fingerprint(recipe, [b"1"]) != fingerprint(recipe, [b"2"])
    fewer = Recipe(recipe.name, recipe.dockerfile, recipe.inputs[1:])
    assert fingerprint(fewer, [b"1"]) != fingerprint(recipe, [b"1"])


@EACH
def test_what_pip_installs_is_pinned_by_hash_or_our_own(recipe: Recipe) -> None:
    installs = [line for line in lines(recipe) if re.search(r"\binstall\b", line)]
    assert bool(installs) == recipe.installs
    for line in installs:
        for command in line.split("&&"):
            if (
                "--target=/gp ${GP}" in command
            ):  # by an argument that is empty unless it is asked for
                assert 'ARG GP=""' in lines(recipe)
            elif "install" in command:
                pinned = "${PINNED}" in command and re.search(r"-r \S*requirements\.txt", command)
                assert pinned or (command.split()[-1] == "." and "--no-index" in command)
    pinned = [line for line in lines(recipe) if line.startswith("ARG PINNED=")]
    assert len(pinned) == recipe.installs
    for line in pinned:
        assert line == 'ARG PINNED="--require-hashes --no-deps --only-binary=:all:"'


def test_the_sidecar_needs_nothing() -> None:
    assert Path(ROOT / "sidecar/pyproject.toml").read_text().count("dependencies = []") == 1
