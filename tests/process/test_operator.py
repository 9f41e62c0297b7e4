"""The operator's look at itself goes on where a part of it cannot be read."""

import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from espalier.metrics.observer import Observer
from espalier.process.core import Core
from espalier.process.operator import OperatorProcess
from espalier.process.options import Options

OPTIONS = Options(
    kubeconfig=None,
    namespaces=(),
    own_namespace="n",
    ca_secret="ca",
    store="store.db",
    keep_closed_hours=1.0,
    ingest_port=0,
    ingest_url="https://ingest",
    metrics_port=0,
    sidecar_image="sidecar",
    sidecar_pull_policy="",
    allowed=(),
    template_bytes=65536,
    qps=1.0,
    burst=1,
    resync_seconds=1.0,
    max_parallelism=1000,
)


@dataclass
class Watching:
    silent: dict
    restarts: int

    def ages(self):
        return self.silent


class Available:
    available = True


class Store:
    """A store whose disk is away."""

    def size(self):
        raise PermissionError("the volume is away")


def core_of(store):
    """Return the very parts that the process wires, between nothing and a store."""
    return Core(None, store, OPTIONS.settings(""), Observer(CollectorRegistry()))


def test_a_list_hides_no_dead_watch_and_a_watch_no_lists_that_fail():
    operator, core = OperatorProcess(OPTIONS), core_of(Store())
    core.resync.last_seen |= {"jobs": time.monotonic(), "pods": time.monotonic() - 70}
    operator._watcher = Watching({"jobs": 300.0, "pods": 0.5}, 7)
    view = operator._view(core)
    assert view.watch_ages == {"jobs": 300.0, "pods": 0.5}
    assert view.list_ages["jobs"] < 60 < view.list_ages["pods"]
    assert view.watch_restarts == 7


def test_a_store_whose_size_cannot_be_read_has_none():
    operator = OperatorProcess(OPTIONS)
    operator._store = Store()
    assert operator._view(core_of(operator._store)).store_bytes is None


def test_it_says_what_it_is_not_ready_for():
    operator = OperatorProcess(OPTIONS)
    assert "the store is being opened" in operator._ready().message
    operator._store = Available()
    assert "not been listed" in operator._ready().message
    operator._core = core_of(Store())
    assert "not been listed" in operator._ready().message
    operator._core.resync.synced = True
    assert operator._ready().ok
