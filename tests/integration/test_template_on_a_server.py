"""What a real API server says to the Jobs that templates are made into."""

import asyncio
import copy
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from espalier.kube import Cluster, Refused, TokenBucket
from espalier.planning.workload.building import build_workload
from espalier.planning.workload.job import JOB
from tests.planning.workload.test_template_shapes import FULL
from tests.planning.worlds import SETTINGS, study, trial


class Server:
    """Asks whether a Job would be taken, as the operator asks it."""

    def __init__(self, kubeconfig: Path) -> None:
        self._loop = asyncio.new_event_loop()
        bucket = TokenBucket(1000.0, 1000)
        self._cluster = self._loop.run_until_complete(
            Cluster.connect(str(kubeconfig), limiter=bucket)
        )

    def says(self, template: dict) -> str:
        """Return what the API server has against a template's Job, "" if nothing."""
        name = f"t-{uuid.uuid4().hex[:8]}"
        job = build_workload(study(template=template), trial(0), 0, SETTINGS, name=name)
        job["metadata"]["namespace"] = "default"
        try:
            self._loop.run_until_complete(self._cluster.create(JOB, "default", job, dry_run=True))
        except Refused as refused:
            return refused.message
        return ""

    def close(self) -> None:
        self._loop.run_until_complete(self._cluster.close())
        self._loop.close()


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[Server]:
    server = Server(control_plane)
    yield server
    server.close()


GOOD = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {"containers": [{"name": "trainer", "image": "digits"}]},
}


def test_what_espalier_adds_passes_the_strictest_reading(server):
    assert server.says(GOOD) == ""
    full = copy.deepcopy(FULL)
    full["spec"]["containers"][0]["securityContext"].pop("windowsOptions")
    full["spec"]["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"]["path"] = "t"
    assert server.says(full) == ""


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ((), "spec.template.foo"),
        (("spec",), "spec.template.spec.foo"),
        (("spec", "containers", 0), "spec.template.spec.containers[0].foo"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_does_not_exist_is_refused_by_name(server, path, field):
    template = copy.deepcopy(GOOD)
    node = template
    for key in path:
        node = node[key]
    node["foo"] = {"bar": 1}
    assert f'unknown field "{field}"' in server.says(template)


@pytest.mark.parametrize("name", ["nodeSelecter", "HostPath", "serviceaccountname", "tolerations "])
def test_a_misspelt_field_is_refused_by_name(server, name):
    template = copy.deepcopy(GOOD)
    template["spec"][name] = {}
    assert f'unknown field "spec.template.spec.{name}"' in server.says(template)


def test_several_misspelt_fields_are_all_named(server):
    template = copy.deepcopy(GOOD)
    template["spec"]["containers"][0]["resource"] = {"limits": {"nvidia.com/gpu": 1}}
    template["spec"]["nodeSelecter"] = {"a": "b"}
    said = server.says(template)
    assert 'unknown field "spec.template.spec.containers[0].resource"' in said
    assert 'unknown field "spec.template.spec.nodeSelecter"' in said
