"""A toy pruner of the how-to, added in a copy: its files and no other bring it everywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/add-a-pruner.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
NAMED = {path for path, _ in BLOCKS}
LOOK = """
import json
from espalier.api.checks.rules import check_rules
from espalier.api.pruner import PrunerSpec
from espalier.backtest.knobs import KNOBS, words
from espalier.cli.backtest import command
from espalier.errors import SpecError
from espalier.generate.crds import study_crd
from espalier.generate.pruners_page import pruners_page

def refused(pruner):
    try:
        check_rules(PrunerSpec.model_validate(pruner), "spec.pruner")
    except SpecError as error:
        return str(error)

schema = study_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
spec = schema["properties"]["spec"]
pruner = spec["properties"]["pruner"]
gap = PrunerSpec.model_validate({"type": "Gap", "gap": {"largest": 1.0, "warmupSteps": 2}}).build()
print(json.dumps({
    "types": pruner["properties"]["type"]["enum"],
    "leaf_types": pruner["properties"]["any"]["items"]["properties"]["type"]["enum"],
    "shadow_types": spec["properties"]["pruning"]["properties"]["shadows"]["items"]["properties"]
        ["type"]["enum"],
    "section": pruner["properties"]["gap"],
    "rules": [rule["message"] for rule in pruner["x-kubernetes-validations"]],
    "study_rules": [rule["rule"] for rule in spec["x-kubernetes-validations"]],
    "page": pruners_page(),
    "knob": [KNOBS["Gap"].path, KNOBS["Gap"].values],
    "words": words(),
    "help": " ".join(command.help.split()),
    "settings": dict(gap.settings),
    "refused": [
        refused({"type": "Gap"}),
        refused({"type": "Nop", "gap": {"largest": 1}}),
        refused({"type": "Gap", "gap": {"largest": 3, "hopeless": 2}}),
        refused({"type": "Gap", "gap": {"largest": 2, "hopeless": 3}}),
    ],
}))
"""


AFTER = {
    "from ": "from espalier.pruning.pruners.bandit import Bandit\n",
    "        Gap,": "        Bandit,\n",
    '    "Gap",': '    "Direction",\n',
    "    TOO_": "    # Not judged: the pruner has nothing to say at this step.\n",
}
"""After which line a block goes, by how it begins."""


def add(copy: Path) -> set[str]:
    """Do what the page says, in a copy of the source; return which files that touches."""
    for path, block in BLOCKS:
        file = copy / path
        if block.startswith('"""'):
            file.write_text(block)
            continue
        text = file.read_text()
        (mark,) = (mark for begin, mark in AFTER.items() if block.startswith(begin))
        assert text.count(mark) == 1
        file.write_text(text.replace(mark, mark + block))
    return {
        str(path.relative_to(copy))
        for path in copy.rglob("*.py")
        if not (ROOT / path.relative_to(copy)).exists()
        or path.read_bytes() != (ROOT / path.relative_to(copy)).read_bytes()
    }


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "operator/espalier",
        copy / "operator/espalier",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    assert add(copy) == NAMED
    return copy


def run(copy: Path, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=stdin,
        env={**os.environ, "PYTHONPATH": str(copy / "operator")},
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_adding_a_pruner_touches_what_the_page_names_and_brings_it_everywhere(copy: Path) -> None:
    assert len(NAMED) == 4
    seen = json.loads(run(copy, "-", stdin=LOOK))
    for types in (seen["types"], seen["leaf_types"], seen["shadow_types"]):
        assert "Gap" in types
    section = seen["section"]
    assert section["required"] == ["largest"]
    assert section["properties"]["largest"] == {
        "description": "How far behind the best a trial may be, in the metric's unit.",
        "minimum": 0,
        "type": "number",
    }
    assert section["properties"]["patience"]["default"] == 1
    assert [rule["rule"] for rule in section["x-kubernetes-validations"]] == [
        "!has(self.hopeless) || self.largest <= self.hopeless"
    ]
    assert "gap belongs to type: Gap; remove gap, or choose that type" in seen["rules"]
    assert "type: Gap needs settings; add gap with largest" in seen["rules"]
    assert any("self.pruner.gap.warmupSteps < self.resource.max" in r for r in seen["study_rules"])
    assert "\n## Gap\n" in seen["page"]
    assert "| `largest` | required | How far behind the best a trial may be" in seen["page"]
    assert "Gap, Threshold: takes the latest value" in seen["page"]
    assert seen["knob"] == ["gap.largest", [4.0, 2.0, 1.0, 0.5]]
    assert "Gap over largest" in seen["words"]
    assert "Gap over largest" in seen["help"]
    assert seen["settings"]["warmupSteps"] == 2
    assert seen["refused"] == [
        "spec.pruner.gap: expected settings, since type is Gap, got nothing; add gap with largest",
        "spec.pruner.gap: expected nothing, since type is Nop, got settings; remove gap, or set"
        " type: Gap",
        "spec.pruner.gap.largest: expected largest to be at most hopeless, 2.0, got 3.0; swap them",
        None,
    ]


CONTRACT = """
from espalier.pruning import PrunerContract
from espalier.pruning.pruners.registry import make

class TestGap(PrunerContract):
    def make(self):
        return make("Gap", {"largest": 3.0})

    def make_warm(self, step):
        return make("Gap", {"largest": 3.0, "warmup_steps": step})
"""


def test_the_pruner_of_the_page_passes_the_contract(copy: Path) -> None:
    (copy / "test_gap.py").write_text(CONTRACT)
    said = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(copy / "test_gap.py"))
    assert re.search(r"\b\d\d passed", said)
