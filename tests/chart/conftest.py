"""An API server of these tests' own: they install and remove the definitions themselves."""

from collections.abc import Iterator

import pytest

from tests.chart.apiserver import ApiServer
from tools.cluster import lifecycle
from tools.cluster.layout import Kind
from tools.cluster.progress import Progress


@pytest.fixture(scope="session")
def bare_server(pytestconfig: pytest.Config) -> Iterator[ApiServer]:
    """A real API server without Espalier's definitions; the one of KUBECONFIG where it has none."""
    foreign = lifecycle.foreign_kubeconfig()
    if foreign is not None:
        server = ApiServer(foreign)
        if server.get("crd", "studies.espalier.dev"):
            pytest.skip("these tests would remove the Studies of the cluster of KUBECONFIG")
        yield server
        return
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        layout = lifecycle.up("chart", Kind.CONTROL_PLANE, Progress())
    yield ApiServer(layout.kubeconfig)
    with capture.global_and_fixture_disabled():
        lifecycle.down("chart", Kind.CONTROL_PLANE, Progress())
