"""What the pages on pruning say is true."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import yaml

from espalier.api.pruner import PrunerSpec
from espalier.pruning import Report
from tests.pruning.judging import judge_of, say

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


def test_the_pruner_of_the_how_to_that_judges_others_prunes_the_worst(tmp_path: Path) -> None:
    text = (ROOT / "docs/how-to/write-a-pruner.md").read_text(encoding="utf-8")
    (block,) = [block for _, block in FENCE.findall(text) if "room_pruner.py" in block]
    (tmp_path / "room_pruner.py").write_text(block)
    spec = importlib.util.spec_from_file_location("room_pruner", tmp_path / "room_pruner.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        judge = judge_of(module.Room(places=2))
        for trial, value in enumerate((0.3, 0.1)):
            assert not say(judge, trial, 1, value).prunes
        _, *others = judge.report(Report(2, 1, 1, 0.2), 0.0).decisions
    finally:
        del sys.modules[spec.name]
    (decision,) = others
    assert (decision.trial, decision.prunes) == (1, True)
    assert decision.sentence() == "Pruned: 2 trials are better."
