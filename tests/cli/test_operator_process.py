"""The operator's look at itself goes on where a part of it cannot be read."""

import asyncio
from dataclasses import dataclass, field

from espalier.cli.operator_process import OperatorProcess, Options
from espalier.engine.cache import StudyKey
from espalier.engine.queue import DirtyQueue
from espalier.errors import RetryLater

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


class Available:
    available = True


class Synced:
    synced = True


class Reconciling:
    def __init__(self):
        self.queue = DirtyQueue(lambda: 0.0)


class Growing(dict):
    """Times that another thread adds to while they are gone through."""

    def items(self):
        for key in list(self):
            yield key, self[key]
            raise RuntimeError("dictionary changed size during iteration")


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


def test_the_watchers_times_may_grow_while_they_are_read():
    operator = process()
    operator._watcher = Seen(Growing(studies=1.0, trials=2.0))
    assert set(operator._view().watch_ages) == {"studies", "trials"}


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
