"""Each rule of another tool has its equal in a Study, which is accepted and does what is said."""

import re
from pathlib import Path

import pytest
import yaml

from espalier.api import parse_study
from espalier.pruning.pruners.registry import BUILT_IN, names
from tests.planning.worlds import spec_dict

PAGE = Path(__file__).parents[2] / "docs/how-to/come-from-other-tools.md"
ROWS = re.findall(r"^\|.*\| (?:`([^|]*)`[^|`]*) \| `(pruner: [^`]+)`.*\|$", PAGE.read_text(), re.M)
SHOWN = [text for _, text in ROWS] + re.findall(r"no early stopping \| `(.+)`", PAGE.read_text())
WORDS = re.findall(r"`([a-z][a-zA-Z.]+)(?:: \w+)?` \|$", PAGE.read_text(), re.M)


@pytest.mark.parametrize("shown", SHOWN)
def test_a_study_with_the_rule_is_accepted(shown: str) -> None:
    study = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "metadata": {"name": "s"}}
    spec = {**spec_dict(), "resource": {"max": 100}, **yaml.safe_load(shown)}
    parsed = parse_study({**study, "spec": spec}).spec
    assert parsed.pruner.build().name == yaml.safe_load(shown)["pruner"]["type"]


def test_the_page_has_an_equal_in_every_family_of_rules() -> None:
    used = {yaml.safe_load(shown)["pruner"]["type"] for shown in SHOWN}
    assert len(SHOWN) >= 16
    assert set(BUILT_IN) - used == {"Auto", "Bandit", "Patient", "Wilcoxon"}
    assert used <= set(names())


@pytest.mark.parametrize("word", sorted({*WORDS}))
def test_a_word_of_ours_is_a_field_of_a_study(word: str) -> None:
    crd = yaml.safe_load((PAGE.parents[2] / "crds/espalier.dev_studies.yaml").read_text())
    at = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    for part in word.split("."):
        at = at["properties"][part]
    assert at["description"]
