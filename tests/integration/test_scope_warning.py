"""Who makes a Study where the operator does not look is told so, by the API server."""

import pytest

from tests.chart.apiserver import wait_until
from tests.integration.api_server import api_server
from tests.integration.policies import guarded, warnings
from tests.integration.running import study


@pytest.fixture(scope="module")
def guard(control_plane):
    """The chart with a scope of one namespace, in force in the test's own namespaces."""
    with api_server(control_plane), guarded(control_plane, scoped=True) as made:
        yield made


def told(guard, namespace):
    """Make a Study without making it; return what the API server says to that."""
    body = {**study(), "metadata": {"name": "study", "namespace": namespace}}
    done = guard.server.kubectl("create", "--dry-run=server", "-f", "-", stdin=body)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stderr.split())


def test_a_study_outside_of_the_scope_is_taken_with_a_warning(guard):
    wait_until("the policy to be in force", lambda: bool(told(guard, guard.other)))
    said = told(guard, guard.other)
    assert said.startswith("Warning: ")
    assert f"runs no Studies in namespace {guard.other}; unless another one does" in said
    assert f"make it in {guard.own}, or list the namespace in scope.namespaces" in said


def test_a_study_within_it_gets_no_warning(guard):
    assert told(guard, guard.own) == ""


def test_the_api_server_finds_no_fault_with_the_policy(guard):
    assert warnings(guard.server, guard.system) == {}
