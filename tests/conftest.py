"""Fixtures that any test may ask for: a real API server, a real cluster."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.two_workers import is_first, on_a_cluster, scheduling, strays
from tools.cluster import lifecycle
from tools.cluster.build import link_tools, start_building_queue, stop_building
from tools.cluster.layout import Kind
from tools.cluster.progress import Progress

# How long anything takes depends on who else uses the machine: that is no failure of a test.
# CI tells what a change did: it tries the same examples each time, and everybody else new ones.
hypothesis.settings.register_profile(
    "espalier",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("espalier")

# A terminal that a test opens has the size that it is given. Workers are told another one.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)

# Behind `nohup` or `&` a shell has these ignored, and so would all programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

_BUILD = pytest.StashKey[subprocess.Popen[bytes] | None]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share out the tests where there are several workers."""
    return scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put last what needs Kueue: that is built meanwhile, where it is not there yet.

    A worker puts first what runs on a cluster, since the first one is given that.
    """
    if found := strays(items):
        raise pytest.UsageError(
            f"tests/two_workers.py takes these for tests without a cluster: {found}"
        )
    items.sort(key=_needs_kueue)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not on_a_cluster(item.nodeid))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to build Kueue with what the other tests leave of the machine."""
    wanted = not session.config.option.collectonly and any(map(_needs_kueue, session.items))
    if wanted and is_first(session.config) and lifecycle.foreign_kubeconfig() is None:
        session.config.stash[_BUILD] = start_building_queue()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave no build behind that nobody waits for."""
    if (build := session.config.stash.get(_BUILD, None)) is not None:
        stop_building(build)


def _needs_kueue(item: pytest.Item) -> bool:
    return "kueue" in getattr(item, "fixturenames", ())


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
