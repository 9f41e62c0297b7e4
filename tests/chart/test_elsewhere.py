"""A Study in a namespace that no operator looks at is taken with a warning."""

from collections.abc import Iterator

import pytest
import yaml

from tests.chart.apiserver import ApiServer, wait_until
from tests.chart.rendering import ROOT, of_kind, render

HERE, ELSEWHERE = "team-a", "team-b"
POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


def warning(namespaces):
    """Return the policy that warns, and its binding."""
    found = render({"scope.namespaces": namespaces})
    return [o for kind in POLICIES for n, o in of_kind(found, kind).items() if "elsewhere" in n]


def study(namespace):
    body = yaml.safe_load((ROOT / "tests/chart/study.yaml").read_text())
    body["metadata"] = {"generateName": "s-", "namespace": namespace}
    return body


@pytest.fixture(scope="module")
def server(bare_server) -> Iterator[ApiServer]:
    server: ApiServer = bare_server
    for namespace in (HERE, ELSEWHERE):
        server.namespace(namespace)
    crds = [o for o in render({}) if o["kind"] == "CustomResourceDefinition"]
    server.must("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=crds)
    server.must("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    server.must("apply", "-f", "-", stdin=warning([HERE]))
    wait_until("the policy to be in force", lambda: "runs no Studies" in made(server, ELSEWHERE))
    yield server
    server.must("delete", "-f", "-", "--ignore-not-found", stdin=warning([HERE]))
    server.must("delete", "namespace", HERE, ELSEWHERE, "--wait=false")


def made(server, namespace):
    done = server.kubectl("create", "-f", "-", stdin=study(namespace))
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_study_elsewhere_is_taken_with_a_warning_that_names_where_to_go(server):
    said = made(server, ELSEWHERE)
    assert "runs no Studies in namespace team-b" in said
    assert "Use one of team-a" in said


def test_a_study_where_the_operator_looks_is_taken_without_a_word(server):
    assert made(server, HERE) == ""


def test_an_operator_that_looks_everywhere_has_nothing_to_warn_of():
    assert warning([]) == []
