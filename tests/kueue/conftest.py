"""The real Kueue beside a bare control plane, for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kueue.beside import beside
from tools.cluster.layout import Kind


@pytest.fixture(scope="session")
def kueue(control_plane: Path, pytestconfig: pytest.Config) -> Iterator[Path]:
    """Path of the kubeconfig of a real API server that a real Kueue looks after."""
    with beside(Kind.CONTROL_PLANE, pytestconfig):
        yield control_plane
