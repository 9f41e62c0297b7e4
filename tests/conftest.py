"""Fixtures that any test may ask for: a real API server, a real cluster."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import lifecycle
from tests.cluster.build import link_tools
from tests.cluster.layout import Kind
from tests.cluster.progress import Progress


@pytest.fixture(scope="session")
def control_plane(pytestconfig: pytest.Config) -> Iterator[Path]:
    """Path of the kubeconfig of a real API server without any node."""
    yield from _kubeconfig(Kind.CONTROL_PLANE, pytestconfig)


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Iterator[Path]:
    """Path of the kubeconfig of a real cluster that runs pods."""
    yield from _kubeconfig(Kind.FULL, pytestconfig)


def _kubeconfig(kind: Kind, config: pytest.Config) -> Iterator[Path]:
    """Use the cluster that KUBECONFIG names, or that is up; else bring one up, and down after."""
    foreign = lifecycle.foreign_kubeconfig()
    if foreign is not None:
        yield foreign
        return
    name = os.environ.get("ESPALIER_CLUSTER", "espalier")
    found = lifecycle.find(name, kind)
    was_up = found is not None and lifecycle.is_up(found)
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        layout = lifecycle.up(name, kind, Progress())
    # tests say `kubectl` and `helm` as a person would
    os.environ["PATH"] = f"{link_tools(layout.cache)}:{os.environ['PATH']}"
    yield layout.kubeconfig
    if not was_up:
        with capture.global_and_fixture_disabled():
            lifecycle.down(name, kind, Progress())
