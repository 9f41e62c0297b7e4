"""What docs/how-to/run-a-cluster.md shows can be typed."""

import re
import shlex
from pathlib import Path

import click
import pytest

from tools.cluster.cli import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "run-a-cluster.md").read_text()
COMMANDS = re.findall(r"-m tools\.cluster (.+)", PAGE)
TARGETS = sorted(set(re.findall(r"make (?:-s )?([a-z-]+)", PAGE)))


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_shown_parses(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = [word.replace("trainer.tar", "README.md") for word in shlex.split(line)]
    context = click.Context(main, info_name="cluster")
    _, command, rest = main.resolve_command(context, words)
    assert command is not None
    command.make_context(command.name, list(rest), parent=context)


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_shown_exists(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no target {target}"


def test_there_is_something_to_check() -> None:
    assert len(COMMANDS) >= 6
    assert {"cluster-up", "cluster-down", "cluster-status", "kubeconfig"} <= set(TARGETS)
