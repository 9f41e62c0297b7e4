"""What the page on asking why shows is what the command prints."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from espalier.cli.main import main
from tests.docs.test_examples import ROOT
from tests.views.explaining.studies import record, settings_for

PAGE = ROOT / "docs/how-to/ask-why.md"
SHOWN = re.findall(
    r"^```console\n\$ (espalier [^\n]*)\n```\n+```text\n(.*?)```", PAGE.read_text(), re.M | re.S
)
SHADOW = {"name": "halving", "type": "SuccessiveHalving"}
STUDY = settings_for(
    {"type": "Median", "median": {"startupTrials": 4, "warmupSteps": 3}},
    pruning={"keepBest": 1, "exemptPercent": 0, "shadows": [SHADOW]},
)


def write_log(folder: Path) -> None:
    """Write the exported log of which the page tells."""
    recorded = record(STUDY, seed=11, trials=16, workers=4)
    for number in range(16):
        row = {"kind": "trial", "trial": number, "name": f"digits-{number}", "origin": "Sampled"}
        about = {"parameters": {"lr": round(0.4 / (number + 1), 4)}, "template": 0}
        recorded.rows.insert(1 + number, row | about | {"created_at": 1.0, "started_at": 2.0})
    (folder / "digits.jsonl").write_text("".join(json.dumps(row) + "\n" for row in recorded.rows))


def printed(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a command prints, without the blanks at the ends of its lines."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COLUMNS", raising=False)
    said = CliRunner().invoke(main, shlex.split(line)[1:])
    assert said.exit_code == 0, said.output
    return "".join(text.rstrip() + "\n" for text in said.stdout.splitlines())


@pytest.mark.parametrize(("line", "text"), SHOWN)
def test_each_answer_is_as_the_page_shows_it(
    line: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_log(tmp_path)
    assert printed(line, tmp_path, monkeypatch) == text


def test_a_trial_a_step_and_a_study_are_shown() -> None:
    assert len(SHOWN) == 3
