"""The captures of docs/how-to/see-a-study.md are what the commands print."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from espalier.cli.main import main
from tests.cli.conftest import exported as exported
from tests.cli.conftest import golden as golden

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/see-a-study.md"
PICTURE = ROOT / "docs/pictures/curves.svg"
CAPTURES = re.findall(r"^```console\n\$ (.*)\n((?:.*\n)*?)```", PAGE.read_text(), re.MULTILINE)


def printed(words: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a command prints in a terminal of 100 columns, without blanks at line ends."""
    monkeypatch.chdir(folder)
    size = {"COLUMNS": "100", "LINES": "24"}
    done = CliRunner().invoke(main, shlex.split(words)[1:], env=size)
    assert done.exit_code == 0, done.output
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "\n".join(lines).strip("\n") + "\n" if lines else ""


@pytest.mark.parametrize(("words", "shown"), CAPTURES, ids=[words for words, _ in CAPTURES])
def test_a_capture_is_what_is_printed(
    words: str, shown: str, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(exported / "digits.jsonl", tmp_path)
    assert shown == printed(words, tmp_path, monkeypatch)
    if "--svg" in words:
        assert (tmp_path / "digits.svg").read_text() == PICTURE.read_text()


def test_there_are_captures() -> None:
    assert len(CAPTURES) == 5
