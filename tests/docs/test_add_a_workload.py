"""`docs/how-to/add-a-workload.md`, followed to the letter with a kind that nobody has."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import helm

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/add-a-workload.md").read_text(encoding="utf-8")
KIND = ROOT / "tests/simulation/train_run.py"
FOLDERS = ("operator/espalier", "charts/espalier", "crds", "docs/reference")

DERIVED = """
import json
from espalier.engine.control.cache import ObjectCache
from espalier.engine.control.world import World
from espalier.kube import watched
from espalier.planning import OperatorSettings, SidecarSettings
from espalier.watch import Watcher

watcher = Watcher(lambda *_: None)
settings = OperatorSettings(sidecar=SidecarSettings(image="sidecar", ingest_url="https://ingest"))
print(json.dumps({
    "watched": [(each.kind.plural, each.label) for each in watched()],
    "handlers": [each.id for each in watcher._registry()._watching._handlers],
    "signs": sorted(watcher.ages()),
    "caches": sorted(World(settings).caches),
}))
"""


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def python(root: Path, *arguments: str) -> str:
    path = {"PYTHONPATH": str(root / "operator"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, env={**os.environ, **path}, cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Return a copy of the tree in which the kind was added, as the page says."""
    root = tmp_path_factory.mktemp("tree")
    for folder in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    room = root / "operator/espalier/planning/workload"
    shutil.copy(KIND, room / "train_run.py")
    registry = room / "registry.py"
    text = registry.read_text(encoding="utf-8")
    line, importing = "= (Job(),)", "from espalier.planning.workload.kind import WorkloadKind\n"
    assert line in text
    assert importing in text
    added = f"{importing}from espalier.planning.workload.train_run import TrainRun\n"
    text = text.replace(line, "= (TrainRun(), Job())").replace(importing, added)
    registry.write_text(text, encoding="utf-8")
    python(root, "-m", "espalier.generate", "--root", str(root))
    return root


def test_no_other_file_is_touched_than_the_page_names(grown):
    before, after = files(ROOT), files(grown)
    changed = {path for path in after if after[path] != before.get(path)}
    assert set(before) <= set(after)
    table = PAGE.split("## What is to be written")[1].split("\n## ")[0]
    assert changed == set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))


def test_it_is_watched_listed_and_cached(grown):
    found = json.loads(python(grown, "-c", DERIVED))
    label = "espalier.dev/study"
    assert found["watched"] == [
        ["studies", ""],
        ["trials", ""],
        ["trainruns", label],
        ["jobs", label],
        ["pods", label],
    ]
    plurals = [plural for plural, _ in found["watched"]]
    assert found["handlers"] == [f"see-{plural}" for plural in plurals]
    assert found["signs"] == found["caches"] == sorted(plurals)


def test_the_operator_may_do_with_it_what_it_may_do_with_jobs_and_nobody_else_may(grown):
    done = helm("template", "espalier", str(grown / "charts/espalier"))
    assert done.returncode == 0, done.stderr
    objects = [each for each in yaml.load_all(done.stdout, yaml.CSafeLoader) if each]
    rules = [
        rule
        for each in objects
        if each["kind"] == "ClusterRole" and each["metadata"]["name"] == "espalier"
        for rule in each["rules"]
    ]
    verbs = {(rule["apiGroups"][0], rule["resources"][0]): rule["verbs"] for rule in rules}
    assert verbs["train.example", "trainruns"] == verbs["batch", "jobs"]
    (policy,) = [
        each
        for each in objects
        if each["kind"] == "ValidatingAdmissionPolicy"
        and each["metadata"]["name"].endswith("-jobs")
        and not each["metadata"]["name"].endswith("-operator-jobs")
    ]
    guarded = policy["spec"]["matchConstraints"]["resourceRules"]
    assert [rule["resources"] for rule in guarded] == [["trainruns"], ["jobs"]]


def test_the_page_names_every_member_of_the_protocol_and_files_that_are_there():
    protocol = (ROOT / "operator/espalier/planning/workload/kind.py").read_text(encoding="utf-8")
    members = re.findall(r"^    def (\w+)\(self", protocol, re.MULTILINE)
    table = PAGE.split("## What a kind says")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(members)
    guards = PAGE.split("## What guards it")[1].split("\n## ")[0]
    named = re.findall(r"`(charts/[^`]+)`", guards)
    assert len(named) == 4
    assert all((ROOT / path).is_file() for path in named)
