"""What a trial comes to is what its newest attempt reported, before and after a restart.

What other trials are compared with is not: there the first value of a step stands.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding, CheckedBatch, CheckedReport
from espalier.planning.world.record import End, TrialRecord
from espalier.pruning import TrialState
from espalier.store import Store, open_store
from tests.ingest.serving import UID, study_of

NOP = {"type": "Nop"}
LAST = 27
posts = st.tuples(
    st.integers(0, 1),  # 1: a new attempt posts first
    st.lists(st.integers(1, LAST + 2), min_size=1, max_size=4, unique=True),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.floats(0.0, 50.0),
)


class Running:
    """A study with one trial, whose clock is set by hand."""

    def __init__(self, store: Store, now: float = 1000.0) -> None:
        self.store, self.now = store, now
        self.live = OpenStudies(store, lambda *_: None, lambda: self.now)

    async def open(self) -> None:
        await self.live.open(study_of(NOP))

    async def post(self, attempt: int, steps: list[int], value: float) -> None:
        pod = f"pod-{attempt}"
        ordinal = await self.live.attempt_of(UID, 0, pod)
        assert ordinal == attempt
        self.live.bind(Binding(pod, "research", pod, UID, "digits-0", 0, ordinal))
        reports = tuple(CheckedReport("val_accuracy", step, value) for step in steps)
        await self.live.submit(pod, CheckedBatch("research/digits-0", reports))

    @property
    def record(self) -> TrialRecord:
        return self.live.record(UID).trial(0)


@given(st.lists(posts, max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_record_is_of_the_newest_attempt_that_reported(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[int, list[int], float, float]]
) -> None:
    folder = tmp_path_factory.mktemp("store")

    async def run() -> None:
        store = await open_store(f"sqlite:///{folder}/espalier.db")
        running = Running(store)
        await running.open()
        attempt, of = 1, 1
        newest: dict[int, tuple[float, float]] = {}
        posted: set[tuple[int, int]] = set()
        for new, drawn, value, later in sent:
            attempt += bool(new and posted and max(posted)[0] == attempt)
            running.now += later
            steps = [step for step in drawn if (attempt, step) not in posted]
            if not steps:
                continue
            await running.post(attempt, steps, value)
            posted |= {(attempt, step) for step in steps}
            if of != attempt:
                newest, of = {}, attempt
            newest |= dict.fromkeys(steps, (value, running.now))
        check(running.record, newest)
        again = Running(store)
        await again.open()
        assert again.record == running.record
        await store.close()

    asyncio.run(run())


def check(record: TrialRecord, newest: dict[int, tuple[float, float]]) -> None:
    if not newest:
        assert (record.step, record.latest, record.best) == (None, None, None)
        return
    assert record.step == min(LAST, max(newest))
    assert record.latest == newest[max(newest)][0]
    assert record.best == max(value for value, _ in newest.values())
    if len(newest) < 2:
        assert record.pace is None


def test_the_pace_is_that_of_the_newest_attempts_own_reports(tmp_path: Path) -> None:
    async def story(running: Running) -> None:
        await running.post(1, [1], 0.9)
        assert running.record.pace is None
        running.now += 40.0
        await running.post(1, [9], 0.9)
        assert running.record.pace == pytest.approx(5.0)
        running.now += 500.0  # lost, queued again, started
        await running.post(2, [1], 0.5)
        assert running.record.pace is None
        running.now += 6.0
        await running.post(2, [2, 3, 4], 0.5)
        assert running.record.pace == pytest.approx(2.0)
        running.now += 100.0
        await running.post(2, [2, 3, 4], 0.5)  # sent again: no news
        assert running.record.pace == pytest.approx(2.0)

    told(tmp_path, story)


def test_values_that_came_all_at_once_tell_no_pace(tmp_path: Path) -> None:
    async def story(running: Running) -> None:
        await running.post(1, [1, 2, 3], 0.9)
        assert running.record.pace is None

    told(tmp_path, story)


def test_the_best_completed_trial_is_told_by_its_own_attempt(tmp_path: Path) -> None:
    async def story(running: Running) -> None:
        await running.post(1, list(range(1, LAST + 1)), 0.9)
        await running.post(2, list(range(1, LAST + 1)), 0.5)
        assert (running.record.latest, running.record.best) == (0.5, 0.5)
        pace = running.record.pace
        end = End("Completed", "", TrialState.COMPLETED, running.now, pace=pace)
        await running.live.finish(UID, 0, end)
        assert running.live.record(UID).best == 0
        assert running.record.latest == 0.5

    told(tmp_path, story)


def told(folder: Path, story: Any) -> None:
    """Tell a story, and see that a restart changes nothing of what is known."""

    async def run() -> None:
        store = await open_store(f"sqlite:///{folder}/espalier.db")
        running = Running(store)
        await running.open()
        await story(running)
        again = Running(store)
        await again.open()
        assert again.record == running.record
        await store.close()

    asyncio.run(run())
