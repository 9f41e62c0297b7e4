"""A cluster with the chart installed, as `make deploy` installs it."""

import os
import subprocess

import pytest

from tests.e2e.world import ROOT, World


@pytest.fixture(scope="session")
def world(cluster: str) -> World:
    """Build the images, install the chart and return the user's view of the cluster."""
    environment = {**os.environ, "KUBECONFIG": str(cluster)}
    subprocess.run(["make", "-s", "deploy"], cwd=ROOT, env=environment, check=True, timeout=900)
    world = World(str(cluster))
    world.operator_pod()
    return world
