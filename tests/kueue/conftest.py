"""The real Kueue beside a bare control plane, for the tests of this folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import kueue as tool
from tests.cluster import lifecycle, process
from tests.cluster.layout import Kind
from tests.cluster.progress import Progress


@pytest.fixture(scope="session")
def kueue(control_plane: Path, pytestconfig: pytest.Config) -> Iterator[Path]:
    """Path of the kubeconfig of a real API server that a real Kueue looks after."""
    if lifecycle.foreign_kubeconfig() is not None:
        pytest.skip("KUBECONFIG names a cluster of your own: Kueue is not put onto that")
    if trouble := tool.obstacle():
        pytest.skip(trouble)
    name = os.environ.get("ESPALIER_CLUSTER", "espalier")
    layout = lifecycle.find(name, Kind.CONTROL_PLANE)
    was_up = layout is not None and process.recorded(layout.state, tool.NAME) is not None
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        lifecycle.queue_up(name, Kind.CONTROL_PLANE, Progress())
    yield control_plane
    if not was_up:
        with capture.global_and_fixture_disabled():
            lifecycle.queue_down(name, Kind.CONTROL_PLANE, Progress())
