"""A cluster with the chart installed, as `make deploy` installs it."""

import os
from pathlib import Path

import pytest

from tests.e2e.world import World
from tools.cluster.build import link_tools
from tools.cluster.layout import cache_folder
from tools.cluster.progress import Progress
from tools.deploy import deploy


@pytest.fixture(scope="session")
def world(cluster: Path, pytestconfig: pytest.Config) -> World:
    """Build the images, install the chart and return the user's view of the cluster."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        deploy(os.environ.get("ESPALIER_CLUSTER", "espalier"), Progress())
    ours = link_tools(cache_folder()) / "kubectl"
    world = World(str(cluster), str(ours) if ours.exists() else "kubectl")
    world.operator_pod()
    return world
