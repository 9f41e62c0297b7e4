"""Studies whose effects take long keep no other study waiting."""

import asyncio
from typing import Any

from prometheus_client import CollectorRegistry

from espalier.engine.control.cache import StudyKey
from espalier.engine.control.reconciler import Reconciler
from espalier.kube import Kind
from espalier.metrics.observer import Observer
from tests.engine.control.test_reconciler import Empty
from tests.patience import PATIENCE
from tests.planning.worlds import SETTINGS, spec_dict


class Slow:
    """A cluster that lets everybody wait for its answer."""

    def __init__(self) -> None:
        self.created: list[str] = []
        self.waiting = 0

    async def create(self, kind: Kind, namespace: str, body: Any, **_: object) -> Any:
        self.created.append(namespace)
        self.waiting += 1
        await asyncio.Event().wait()


def study(namespace: str) -> dict[str, Any]:
    meta = {"name": "s", "namespace": namespace, "uid": f"uid-{namespace}"}
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": meta | {"generation": 1, "resourceVersion": "1"},
        "spec": spec_dict(),
    }


def test_a_study_is_looked_at_while_twenty_others_wait_for_their_effects():
    async def scenario():
        cluster, live = Slow(), Empty()
        observer = Observer(CollectorRegistry())
        slow: Any = cluster
        records: Any = live
        reconciler = Reconciler(slow, records, SETTINGS, observer)
        running = asyncio.create_task(reconciler.run())
        for number in range(20):
            reconciler.world.studies.put(study(f"wide-{number}"))
            reconciler.queue.mark(StudyKey(f"wide-{number}", "s"))
        async with asyncio.timeout(PATIENCE):
            while cluster.waiting < 8:
                await asyncio.sleep(0)
            reconciler.world.studies.put(study("small"))
            reconciler.queue.mark(StudyKey("small", "s"))
            while "small" not in cluster.created:
                await asyncio.sleep(0.01)
        assert reconciler.queue.oldest_age() == 0.0
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scenario())
