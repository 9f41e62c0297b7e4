"""The real Kueue beside a cluster of this machine, for as long as tests need it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tools.cluster import kueue, lifecycle, process
from tools.cluster.layout import Kind
from tools.cluster.progress import Progress


@contextmanager
def beside(kind: Kind, config: pytest.Config) -> Iterator[None]:
    """Use Kueue where it runs, else start it and take it away again; skip where it cannot run."""
    if lifecycle.foreign_kubeconfig() is not None:
        pytest.skip("KUBECONFIG names a cluster of your own: Kueue is not put onto that")
    if trouble := kueue.obstacle():
        pytest.skip(trouble)
    name = os.environ.get("ESPALIER_CLUSTER", "espalier")
    layout = lifecycle.find(name, kind)
    was_up = layout is not None and process.recorded(layout.state, kueue.NAME) is not None
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        lifecycle.queue_up(name, kind, Progress())
    yield
    if not was_up:
        with capture.global_and_fixture_disabled():
            lifecycle.queue_down(name, kind, Progress())
