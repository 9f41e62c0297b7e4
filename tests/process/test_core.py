"""The parts between a cluster and a store ask each other what they need."""

import asyncio
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from espalier.engine.control.cache import StudyKey
from espalier.errors import RetryLater
from espalier.metrics.observer import Observer
from espalier.process.core import Core
from tests.planning.worlds import SETTINGS


@dataclass
class Row:
    uid: str
    namespace: str
    name: str


class Store:
    """A store that is busy at first, and then has a study in each of two namespaces."""

    def __init__(self):
        self.refusals = 1

    async def studies(self):
        if self.refusals:
            self.refusals -= 1
            raise RetryLater("the store is busy", after=0.001)
        return [Row("u", "n", "s"), Row("v", "other", "s")]


def core(*namespaces):
    return Core(None, Store(), SETTINGS, Observer(CollectorRegistry()), namespaces=namespaces)


def test_a_study_that_has_been_read_is_looked_at():
    made = core()
    made.resync.synced = True
    made._read(Row("u", "n", "s"))
    assert asyncio.run(made.reconciler.queue.take()) == StudyKey("n", "s")


def test_before_everything_is_listed_a_study_that_has_been_read_waits_for_that():
    made = core()
    made._read(Row("u", "n", "s"))
    assert made.reconciler.queue.depth == 0


def adopted(made):
    async def looked_at():
        await made.adopt_stored()
        return {await made.reconciler.queue.take() for _ in range(made.reconciler.queue.depth)}

    return asyncio.run(looked_at())


def test_the_stored_studies_are_asked_for_until_the_store_answers():
    assert adopted(core()) == {StudyKey("n", "s"), StudyKey("other", "s")}


def test_studies_in_the_namespaces_of_others_are_left_alone():
    assert adopted(core("n")) == {StudyKey("n", "s")}
