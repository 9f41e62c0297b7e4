"""The values' schema: what it refuses, and that it knows every value."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from espalier.planning import HOST_FIELDS
from tests.chart.rendering import CHART, ROOT, helm, refusal


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"image.tags": "x"}, "'/image': additional properties 'tags'", id="a typo"),
        pytest.param(
            {"policy.allow": ["root"]},
            "'/policy/allow/0': value must be one of",
            id="an unknown permission",
        ),
        pytest.param(
            {"dashboard.pagesUrl": 'https://a.example/"'},
            "'/dashboard/pagesUrl'",
            id="an address that breaks the dashboard",
        ),
        pytest.param(
            {"metrics.prometheusRule.runbookBase": "https://a.example/#x"},
            "'/metrics/prometheusRule/runbookBase'",
            id="a page of runbooks with an anchor",
        ),
        pytest.param(
            {"ingest.port": 80},
            "'/ingest/port': minimum: got 80, want 1,024",
            id="a port that needs root",
        ),
        pytest.param(
            {"scope.namespaces": "team-a"},
            "'/scope/namespaces': got string, want array",
            id="one namespace that is no list",
        ),
        pytest.param(
            {"scope.namespaces": ["Team_A"]},
            "'/scope/namespaces/0'",
            id="a name that is no namespace's",
        ),
        pytest.param(
            {"scope.namespaces": ["a", "a"]}, "'/scope/namespaces'", id="a namespace twice"
        ),
        pytest.param(
            {"store.persistence.accessModes": ["ReadWriteMany"]},
            "value must be one of 'ReadWriteOncePod', 'ReadWriteOnce'",
            id="a volume that several may write",
        ),
        pytest.param(
            {"store.persistence.size": "big"},
            "'/store/persistence/size'",
            id="a size that is no quantity",
        ),
        pytest.param(
            {"sidecar.resources.limits.cpu": "lots"},
            "'/sidecar/resources/limits/cpu'",
            id="a limit that is no quantity",
        ),
        pytest.param(
            {"sidecar.resources.limits": {"nvidia.com/gpu": 1}},
            "'/sidecar/resources/limits': additional properties 'nvidia.com/gpu'",
            id="a GPU for the sidecar",
        ),
        pytest.param(
            {"probes.liveness.periodSeconds": 0},
            "'/probes/liveness/periodSeconds': minimum",
            id="a probe without a pause",
        ),
        pytest.param(
            {"probes.liveness.path": "/"},
            "'/probes/liveness': additional properties 'path'",
            id="a probe of another path",
        ),
        pytest.param(
            {"extraVolumes": [{"name": "store", "emptyDir": {}}]},
            "'/extraVolumes/0/name'",
            id="a volume under a name that is taken",
        ),
        pytest.param(
            {"extraVolumeMounts": [{"name": "x", "mountPath": "y"}]},
            "'/extraVolumeMounts/0/mountPath'",
            id="a mount that is no path",
        ),
        pytest.param({"image.digest": "latest"}, "'/image/digest'", id="a digest that is none"),
        pytest.param({"image.repository": ""}, "'/image/repository'", id="no image"),
        pytest.param(
            {"logLevel": "verbose"}, "'/logLevel': value must be one of", id="an unknown log level"
        ),
        pytest.param(
            {"crds.enabled": "yes"},
            "'/crds/enabled': got string, want boolean",
            id="a word for a boolean",
        ),
        pytest.param(
            {"replicas": 2}, "additional properties 'replicas'", id="two replicas of one SQLite"
        ),
        pytest.param(
            {"serviceAccount.create": False},
            "serviceAccount.name is empty",
            id="no service account at all",
        ),
    ],
)
def test_a_wrong_value_is_refused_and_named(values, said):
    assert said in refusal(values)


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Paths of the values that the chart itself reads, with what the schema says of them."""
    for key, inner in schema["properties"].items():
        here = f"{path}.{key}" if path else key
        if inner.get("additionalProperties") is False:
            yield from leaves(inner, here)
        else:
            yield here, inner


SCHEMA = json.loads((CHART / "values.schema.json").read_text())
LEAVES = {path: found for path, found in leaves(SCHEMA) if path != "global"}

TEMPLATES = "\n".join(
    file.read_text() for file in (CHART / "templates").rglob("*") if file.is_file()
)
WHOLES = {
    path
    for found in re.findall(r"toYaml \.Values\.([\w.]+)|\.Values\.([\w.]+) \| toJson", TEMPLATES)
    for path in found
    if path
}
"""Values that a template takes as a whole, with all that is below them."""


def test_helm_accepts_the_default_values_as_values():
    """Unknown values are refused, so that every default is in the schema."""
    assert helm("lint", str(CHART), "-f", str(CHART / "values.yaml")).returncode == 0


@pytest.mark.parametrize("path", LEAVES)
def test_every_value_is_described_has_a_default_and_is_read(path):
    assert LEAVES[path].get("description")
    at = yaml.safe_load((CHART / "values.yaml").read_text())
    keys = path.split(".")
    for depth, key in enumerate(keys, 1):
        assert key in at, f"{path} has no default in values.yaml"
        at = at[key]
        if ".".join(keys[:depth]) in WHOLES:
            return
    assert re.search(rf"\.{key}\b", TEMPLATES), f"no template reads {path}"


def test_what_the_policy_may_allow_is_what_the_operator_may_allow():
    assert set(LEAVES["policy.allow"]["items"]["enum"]) == HOST_FIELDS


def test_the_version_is_the_projects():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.M)
    assert chart["appVersion"] == version[1]
