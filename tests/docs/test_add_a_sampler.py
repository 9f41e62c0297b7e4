"""The page on adding a sampler, followed on a copy: those files make a sampler, and no other."""

import json

import pytest
import yaml

from tests.docs.recipes import Recipe

USED = """
import json
from espalier.api import parse_study, space_of
from espalier.search import NO_HISTORY
from tests.planning.worlds import spec_dict

def spec(**sampler):
    study = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "metadata": {"name": "s"}}
    return parse_study({**study, "spec": spec_dict(sampler=sampler)}).spec

made = spec(type="Halton", seed=7, halton={"skip": 100})
sampler, space = made.sampler.sampler(), space_of(made.parameters)
refusals = []
for section in ({"skip": -1}, {"points": 3}):
    try:
        spec(type="Halton", halton=section)
    except Exception as error:
        refusals.append(str(error))
try:
    spec(type="Random", halton={"skip": 1})
except Exception as error:
    refusals.append(str(error))
print(json.dumps({
    "sampler": repr(sampler),
    "default": spec(type="Halton").sampler.sampler().skip,
    "proposals": [sampler.propose(space, NO_HISTORY, 7, number) for number in range(3)],
    "refusals": refusals,
}))
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return Recipe("docs/how-to/add-a-sampler.md", tmp_path_factory.mktemp("sampler"))


def test_the_page_lists_every_file_that_is_touched_and_no_other(recipe: Recipe) -> None:
    assert recipe.touched == recipe.listed


def test_the_crd_offers_the_sampler_with_its_settings_and_their_bounds(recipe: Recipe) -> None:
    crd = yaml.safe_load((recipe.root / "crds/espalier.dev_studies.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    sampler = schema["properties"]["spec"]["properties"]["sampler"]
    assert sampler["properties"]["type"]["enum"] == [
        "Random",
        "Grid",
        "Halton",
        "Sobol",
        "TPE",
        "CmaEs",
        "GP",
        "Auto",
        "Plugin",
    ]
    assert "Halton: covers the space evenly" in sampler["properties"]["type"]["description"]
    skip = sampler["properties"]["halton"]["properties"]["skip"]
    assert (skip["minimum"], skip["maximum"], skip["default"]) == (0, 10_000, 20)
    assert skip["description"].startswith("Number of points left out")
    rules = [rule["rule"] for rule in sampler["x-kubernetes-validations"]]
    assert any("self.halton" in rule and "'Halton'" in rule for rule in rules)


def test_a_study_may_choose_it_and_its_trials_follow_from_it(recipe: Recipe) -> None:
    used = json.loads(recipe.python("-c", USED))
    assert used["sampler"] == "Halton(skip=100)"
    assert used["default"] == 20
    assert len({json.dumps(each) for each in used["proposals"]}) == 3
    below, unknown, not_chosen = used["refusals"]
    assert "spec.sampler.halton.skip" in below
    assert "spec.sampler.halton.points" in unknown
    assert "type: Halton" in not_chosen


def test_it_keeps_the_contract_because_it_is_registered(recipe: Recipe) -> None:
    said = recipe.python("-m", "pytest", "-q", "tests/search/test_contract.py", "-k", "Halton")
    assert " passed" in said


def test_what_the_page_shows_is_written_as_the_project_is(recipe: Recipe) -> None:
    recipe.checked("operator/espalier/search/samplers/halton.py")
