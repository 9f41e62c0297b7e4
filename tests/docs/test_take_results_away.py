"""The commands and the code of the page on taking results away do what it says."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from espalier.cli.main import main
from tests.docs.test_examples import blocks
from tools.golden_store import fill

PAGE = "docs/how-to/take-results-away.md"


def shown(language: str) -> list[str]:
    return [text for page, text in blocks(language) if page == PAGE]


def test_somebody_follows_the_page_from_its_first_line_to_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store").mkdir()
    monkeypatch.setenv("ESPALIER_STORE", asyncio.run(fill(tmp_path / "store")))
    monkeypatch.chdir(tmp_path)
    lines = [line for text in shown("console") for line in text.splitlines()]
    for line in lines:
        if line.startswith("espalier "):
            done = CliRunner().invoke(main, shlex.split(line)[1:])
            # Nobody proposed the parameters of this store's trials: a replay says so, with a 1.
            told = (0, 1) if "replay" in line else (0,)
            assert done.exit_code in told, f"{line}\n{done.output}"
    script = tmp_path / "all.py"
    script.write_text("".join(shown("python")))
    ran = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, env=os.environ
    )
    assert ran.returncode == 0, ran.stderr
    assert "2 0.9532294273376465 {'lr': 0.16666666666666666}" in ran.stdout
    assert "is worse than" in ran.stdout
