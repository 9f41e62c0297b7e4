"""The operator's look at itself goes on where a part of it cannot be read."""

import asyncio
import time
from dataclasses import dataclass, field

from espalier.engine.control.cache import StudyKey
from espalier.engine.control.queue import DirtyQueue
from espalier.errors import RetryLater
from espalier.process.operator import OperatorProcess, Options

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
class Seen:
    last_seen: dict = field(default_factory=dict)


@dataclass
class Watching:
    silent: dict
    restarts: int

    def ages(self):
        return self.silent


class Available:
    available = True


class Synced:
    synced = True


class Reconciling:
    def __init__(self):
        self.queue = DirtyQueue(lambda: 0.0)


@dataclass
class Row:
    uid: str
    namespace: str
    name: str


class Store:
    """A store whose disk is away for a moment."""

    def __init__(self):
        self.refusals = 1

    def size(self):
        raise PermissionError("the volume is away")

    async def studies(self):
        if self.refusals:
            self.refusals -= 1
            raise RetryLater("the store is busy", after=0.001)
        return [Row("u", "n", "s")]


def process():
    made = OperatorProcess(OPTIONS)
    made._reconciler, made._resync = Reconciling(), Seen()
    return made


def test_a_list_hides_no_dead_watch_and_a_watch_no_lists_that_fail():
    operator = process()
    operator._resync = Seen({"jobs": time.monotonic(), "pods": time.monotonic() - 70})
    operator._watcher = Watching({"jobs": 300.0, "pods": 0.5}, 7)
    view = operator._view()
    assert view.watch_ages == {"jobs": 300.0, "pods": 0.5}
    assert view.list_ages["jobs"] < 60 < view.list_ages["pods"]
    assert view.watch_restarts == 7


def test_a_store_whose_size_cannot_be_read_has_none():
    operator = process()
    operator._store = Store()
    assert operator._view().store_bytes is None


def test_it_says_what_it_is_not_ready_for():
    operator = process()
    assert "the store is being opened" in operator._ready().message
    operator._store = Available()
    operator._resync = None
    assert "not been listed" in operator._ready().message
    operator._resync = Synced()
    assert operator._ready().ok


def test_a_study_that_has_been_read_is_looked_at():
    operator = process()
    operator._read(Row("u", "n", "s"))
    assert asyncio.run(operator._reconciler.queue.take()) == StudyKey("n", "s")


def test_the_stored_studies_are_asked_for_until_the_store_answers():
    found = asyncio.run(process()._stored(Store()))
    assert found == {"u": StudyKey("n", "s")}
