"""The pages on tuning what prunes models: their manifests, their commands, what they print."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT, blocks
from tests.integration.api_server import ApiServer, api_server
from tests.patience import PATIENCE
from tools.images.recipe import DEPLOYED, RECIPES

PAGES = {
    "docs/how-to/tune-a-pruning-schedule.md": "model-pruning",
    "docs/how-to/tune-ccp-alpha.md": "ccp-alpha",
}
"""With the folder of the example that each is about."""
EACH = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        yield server


def texts(page: str, *languages: str) -> list[str]:
    return [text for of, text in blocks(*languages) if of == page]


def commands(page: str) -> list[str]:
    return [line for text in texts(page, "console") for line in text.splitlines()]


@EACH
def test_the_study_of_the_page_is_the_examples(page):
    assert texts(page, "yaml") == [(ROOT / f"examples/{PAGES[page]}/study.yaml").read_text()]


@EACH
def test_the_image_is_built_by_the_command_of_the_page(page):
    (built,) = (line for line in commands(page) if "tools.images" in line)
    assert shlex.split(built)[1:] == ["-m", "tools.images", PAGES[page]]
    assert PAGES[page] in RECIPES
    assert PAGES[page] not in DEPLOYED


@EACH
def test_kubectl_does_what_the_page_says(page, server):
    called = [shlex.split(line)[1:] for line in commands(page) if line.startswith("kubectl")]
    for words in called:
        if words[0] == "apply":
            words[-1] = str(ROOT / words[-1])
            assert "created" in server.kubectl(*words)
        else:
            server.kubectl(*words)
    assert [words[0] for words in called] == ["apply", "get", "get"]
    others = set((ROOT / "examples" / PAGES[page]).glob("*.yaml")) - {Path(called[0][-1])}
    for other in others:
        assert other.relative_to(ROOT).as_posix() in (ROOT / page).read_text()
        server.kubectl("apply", "-f", str(other))


def test_the_path_of_a_tree_is_what_the_page_shows():
    page = "docs/how-to/tune-ccp-alpha.md"
    (line,) = (line for line in commands(page) if line.endswith("path.py"))
    python, script = shlex.split(line)
    assert python == ".venv/bin/python"
    done = subprocess.run(
        [sys.executable, script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert texts(page, "text") == [done.stdout]


def test_the_score_is_the_trainers():
    (line,) = texts("docs/how-to/tune-a-pruning-schedule.md", "python")
    assert line.strip() in (ROOT / "examples/model-pruning/train.py").read_text()
