"""The sidecar's page says what a trial's pod really gets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from espalier.planning.workload.building import build_workload
from tests.docs.test_examples import ROOT
from tests.planning.worlds import SETTINGS, study, trial

PAGE = (ROOT / "docs/reference/sidecar.md").read_text()
JOB = build_workload(study(), trial(0), 0, SETTINGS)
POD: dict[str, Any] = JOB["spec"]["template"]["spec"]
TRAINER = POD["containers"][0]


def rows(heading: str) -> dict[str, str]:
    """Return the first two cells of the first table under a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return {cells[1].strip(" `"): cells[2].strip() for cells in (each.split("|") for each in lines)}


def test_every_variable_of_the_training_container_is_listed_and_no_other():
    given = {each["name"]: each["value"] for each in TRAINER["env"]}
    listed = rows("What the training container finds")
    assert {re.sub("^PARAM_.*", "PARAM_<name>", name) for name in given} == set(listed)
    for name, says in listed.items():
        if found := re.match("`([^`<]*[0-9/][^`<]*)`", says):
            assert "name" in found[1] or given[name] == found[1]


@pytest.mark.parametrize(
    "field", ["restartPolicy", "automountServiceAccountToken", "enableServiceLinks"]
)
def test_a_field_that_the_pod_is_given_has_the_listed_value(field):
    assert str(POD[field]).lower() in rows("What the pod is given")[field].lower()


def test_the_volume_has_the_stated_limit():
    (limit,) = (each["emptyDir"]["sizeLimit"] for each in POD["volumes"] if "emptyDir" in each)
    assert limit == "1Gi"
    assert "limit of 1 GiB" in PAGE
