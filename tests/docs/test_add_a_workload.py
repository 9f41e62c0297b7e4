"""The page on adding a kind of workload, followed on a copy: it is watched, listed and allowed."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import helm
from tests.docs.recipes import Recipe

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/add-a-workload.md").read_text(encoding="utf-8")
PLAYED = ROOT / "tests/simulation/train_run.py"
KIND = "operator/espalier/planning/workload/train_run.py"

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


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return Recipe("docs/how-to/add-a-workload.md", tmp_path_factory.mktemp("workload"))


def test_the_page_lists_every_file_that_is_touched_and_no_other(recipe: Recipe) -> None:
    assert recipe.touched == recipe.listed


def test_the_pages_kind_is_the_one_that_the_played_cluster_runs(recipe: Recipe) -> None:
    assert (recipe.root / KIND).read_text(encoding="utf-8") == PLAYED.read_text(encoding="utf-8")
    recipe.checked(KIND)


def test_it_is_watched_listed_and_cached(recipe: Recipe) -> None:
    found = json.loads(recipe.python("-c", DERIVED))
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


def test_the_operator_may_do_with_it_what_it_may_do_with_jobs_and_nobody_else_may(
    recipe: Recipe,
) -> None:
    done = helm("template", "espalier", str(recipe.root / "charts/espalier"))
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


def test_the_page_names_every_member_of_the_protocol_and_files_that_are_there() -> None:
    protocol = (ROOT / "operator/espalier/planning/workload/kind.py").read_text(encoding="utf-8")
    members = re.findall(r"^    def (\w+)\(self", protocol, re.MULTILINE)
    table = PAGE.split("## 1. The kind")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(members)
    guards = PAGE.split("## 3. What guards it")[1].split("\n## ")[0]
    named = re.findall(r"`(charts/[^`]+)`", guards)
    assert len(named) == 4
    assert all((ROOT / path).is_file() for path in named)
