"""What the pages on pruning say is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from espalier.api.pruner import PrunerSpec

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_pruner_of_the_how_to_passes_the_contract(tmp_path: Path) -> None:
    text = (ROOT / "docs/how-to/write-a-pruner.md").read_text(encoding="utf-8")
    blocks = FENCE.findall(text)
    for language, block in blocks:
        if language == "python":
            (tmp_path / block.split()[1]).write_text(block)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"\b\d\d passed", done.stdout)
    (spec,) = [yaml.safe_load(block) for language, block in blocks if language == "yaml"]
    assert PrunerSpec.model_validate(spec["pruner"]).plugin.arguments()["warmup_steps"] == 2
