"""Reconciling while the API server does not answer."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from espalier.engine.control.cache import StudyKey
from espalier.engine.control.queue import LAST_DELAY, DirtyQueue
from espalier.engine.control.reconciler import Reconciler
from espalier.errors import RetryLater
from espalier.metrics.observer import Observer
from espalier.planning import StudyRecord
from espalier.planning.world.heard import Heard
from espalier.planning.world.snapshot import TemplateVerdict
from tests.planning.worlds import NOW, SETTINGS, UID, spec_dict

KEY = StudyKey("n", "s")


class Away:
    """A cluster that nothing gets through to."""

    async def patch(self, *_: object, **__: object) -> None:
        raise RetryLater("the API server does not answer")


class Empty:
    """Records of studies without any values."""

    async def open(self, study: object, **_: object) -> None:
        """Take any study."""

    def record(self, uid: str) -> StudyRecord:
        return StudyRecord(uid)

    def bound(self) -> frozenset[str]:
        return frozenset()

    def heard(self, uid: str) -> dict[int, tuple[Heard, ...]]:
        return {}


def test_a_failed_look_at_a_study_keeps_the_time_of_the_next_one():
    async def scenario():
        cluster: Any = Away()
        live: Any = Empty()
        observer = Observer(CollectorRegistry())
        reconciler = Reconciler(cluster, live, SETTINGS, observer, clock=lambda: NOW)
        clock = [100.0]
        queue = reconciler.queue = DirtyQueue(lambda: clock[0], jitter=lambda: 0.5)
        reconciler.world.verdicts[UID] = TemplateVerdict(1, False, "no Role", until=NOW + 5)
        reconciler.world.studies.put(
            {
                "apiVersion": "espalier.dev/v1alpha1",
                "kind": "Study",
                "metadata": {
                    "name": "s",
                    "namespace": "n",
                    "uid": UID,
                    "generation": 1,
                    "resourceVersion": "1",
                },
                "spec": spec_dict(),
            }
        )
        for _ in range(12):
            queue.mark(KEY)
            delay = queue.failed(await queue.take())
        assert delay == LAST_DELAY
        queue.mark(KEY)
        key = await queue.take()
        with pytest.raises(RetryLater):
            await reconciler.reconcile(key)
        queue.failed(key)
        clock[0] += 5.1
        return queue.depth

    assert asyncio.run(scenario()) == 1
