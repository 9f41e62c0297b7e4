"""The page on adding a collector, followed on a copy: those files make one, and no other."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.recipes import FENCE, ROOT, Recipe
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar

PAGE = "docs/how-to/add-a-collector.md"
REFUSALS = """
import json, sys
from espalier.api import parse_study
from espalier.errors import SpecError
from tests.planning.worlds import spec_dict

for collector in json.loads(sys.argv[1]):
    study = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "metadata": {"name": "s"}}
    try:
        parse_study({**study, "spec": spec_dict(collector=collector)})
        print("accepted")
    except SpecError as error:
        print(str(error).replace(chr(10), " "))
"""
IMPORTED = """
import os, sys
from espalier_sidecar.settings import read_settings
read_settings(os.environ)
print(*sorted(name for name in sys.modules if name.startswith("espalier_sidecar.collectors.")))
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return Recipe(PAGE, tmp_path_factory.mktemp("collector"))


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[FakeIngest]:
    fake = FakeIngest(tmp_path)
    yield fake
    fake.close()


def test_the_page_lists_every_file_that_is_touched_and_no_other(recipe: Recipe) -> None:
    assert recipe.touched == recipe.listed


def test_the_crd_offers_the_collector_and_its_section(recipe: Recipe) -> None:
    crd = yaml.safe_load((recipe.root / "crds/espalier.dev_studies.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    collector = schema["properties"]["spec"]["properties"]["collector"]
    assert "Dat" in collector["properties"]["type"]["enum"]
    section = collector["properties"]["dat"]
    assert section["required"] == ["step", "value"]
    assert section["properties"]["step"]["minimum"] == 1
    rules = [rule["rule"] for rule in collector["x-kubernetes-validations"]]
    assert len([rule for rule in rules if "self.dat" in rule]) == 2


def test_a_study_may_choose_it_and_is_told_what_it_needs(recipe: Recipe) -> None:
    blocks = FENCE.findall((ROOT / PAGE).read_text())
    shown = next(text for language, text in blocks if language == "yaml")
    collectors = [
        yaml.safe_load(shown)["collector"],
        {"type": "Dat"},
        {"type": "Dat", "dat": {"step": 0, "value": 1}},
        {"type": "Dat", "dat": {"path": "/etc/passwd", "step": 1, "value": 1}},
        {"type": "Local", "dat": {"step": 1, "value": 1}},
    ]
    said = recipe.python("-c", REFUSALS, json.dumps(collectors)).splitlines()
    accepted, needed, bound, path, other = said
    assert accepted == "accepted"
    assert "the columns of step and value" in needed
    assert "spec.collector.dat.step" in bound
    assert "spec.collector.dat.path" in path
    assert "type: Dat" in other


def test_it_keeps_the_contract_and_both_sides_agree(recipe: Recipe) -> None:
    tests = ["tests/sidecar/collectors/test_dat.py", "tests/sidecar/test_environment.py"]
    assert " passed" in recipe.python("-m", "pytest", "-q", *tests)


def test_a_sidecar_with_it_delivers_and_a_sidecar_without_does_not_import_it(
    recipe: Recipe, ingest: FakeIngest, tmp_path: Path
) -> None:
    section = {"path": f"{tmp_path}/espalier/values.dat", "step": 1, "value": 3}
    collector = json.dumps([{"type": "Dat", "dat": section}])
    sidecar = RunningSidecar(
        tmp_path,
        ingest.url,
        ingest.ca_pem,
        source=recipe.root / "sidecar",
        ESPALIER_COLLECTORS=collector,
    )
    try:
        rows = "# epoch loss acc\n1 0.9 0.5\n2 0.8\n3 0.7 nan\n"
        (tmp_path / "espalier/values.dat").write_text(rows)
        ingest.wait_for_steps([1, 3])
        assert ingest.stored == [("val_accuracy", 1, 0.5), ("val_accuracy", 3, None)]
        assert sidecar.health()["bad_lines"] == 1
        assert sidecar.terminate() == 0
    finally:
        sidecar.kill()
    for chosen in ("[]", collector):
        done = subprocess.run(
            [sys.executable, "-SE", "-c", IMPORTED],
            cwd=recipe.root / "sidecar",
            env={**sidecar.environ, "ESPALIER_COLLECTORS": chosen},
            capture_output=True,
            text=True,
            check=True,
        )
        imported = {name.rpartition(".")[2] for name in done.stdout.split()}
        assert ("dat" in imported) == (chosen == collector)
        assert "log" not in imported


@pytest.mark.parametrize(
    "path",
    ["sidecar/espalier_sidecar/collectors/dat.py", "operator/espalier/api/collectors.py"],
)
def test_what_the_page_shows_is_written_as_the_project_is(recipe: Recipe, path: str) -> None:
    recipe.checked(path)
