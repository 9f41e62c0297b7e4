"""Studies are read when asked for, piece by piece, and none is swapped while it advances."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.priority_gate import PriorityGate
from espalier.engine.reports.shelf import SIDE_BY_SIDE
from espalier.engine.reports.submission import Acknowledgement, Binding, CheckedBatch, CheckedReport
from espalier.errors import RetryLater
from espalier.planning.world.record import End, StudyRecord
from espalier.pruning import Action, TrialState
from espalier.store import Store, open_store
from tests.ingest.serving import UID, study_of

THRESHOLD = study_of(
    {"type": "Threshold", "threshold": {"lower": 0.3}},
    pruning={"exemptPercent": 0, "keepBest": 0, "shadows": [{"name": "n", "type": "Nop"}]},
)
COMPLETED = End("Completed", "Trained to the end.", TrialState.COMPLETED, 5.0)


async def patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask as a sidecar does: again while it is told to."""
    while True:
        try:
            return await ask()
        except RetryLater:
            await asyncio.sleep(0.001)


class World:
    """A store, the live studies, and how often a piece of a log was read."""

    def __init__(self, store: Store, **more: Any) -> None:
        self.store = store
        self.pages: list[str] = []
        self.read: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.free: set[str] = set()
        self._arrivals = store.arrivals
        store.arrivals = self._counted  # type: ignore[method-assign]
        self.live = OpenStudies(
            store, lambda *_: None, on_read=lambda row: self.read.append(row.uid), **more
        )

    async def _counted(self, row: Any) -> AsyncIterator[Any]:
        self.pages.append(row.uid)
        async for page in self._arrivals(row):
            await self._held(row.uid)
            yield page
        await self._held(row.uid)

    async def _held(self, uid: str) -> None:
        if uid not in self.free:
            await self.gate.wait()

    async def bind(self, number: int, uid: str = UID) -> None:
        pod = f"{uid}-{number}"
        ordinal = await patiently(lambda: self.live.attempt_of(uid, number, pod))
        trial = f"digits-{number}"
        self.live.bind(Binding(pod, "research", pod, uid, trial, number, ordinal))

    async def report(
        self, number: int, *values: tuple[int, float], uid: str = UID
    ) -> Acknowledgement:
        reports = tuple(CheckedReport("val_accuracy", step, value) for step, value in values)
        batch = CheckedBatch(f"research/digits-{number}", reports)
        return await self.live.submit(f"{uid}-{number}", batch)

    async def run_trial(self, number: int, *values: tuple[int, float], uid: str = UID) -> None:
        await self.bind(number, uid)
        await self.report(number, *values, uid=uid)
        await self.live.finish(uid, number, COMPLETED)

    async def settled(self) -> None:
        """Wait until what is known of a study at rest is stored."""
        (row,) = await self.store.studies()
        while await self.store.rest(row) is None:
            await asyncio.sleep(0.001)


@asynccontextmanager
async def world_in(folder: Path, **more: Any) -> AsyncIterator[World]:
    store = await open_store(f"sqlite:///{folder}/espalier.db")
    try:
        yield World(store, **more)
    finally:
        await store.close()


async def ended(folder: Path) -> StudyRecord:
    """Leave a study behind whose trials have all ended: one pruned, one completed, one failed."""
    async with world_in(folder) as world:
        await world.live.open(THRESHOLD)
        await world.run_trial(0, (1, 0.5), (2, 0.1))
        await world.run_trial(1, (1, 0.5), (2, 0.9), (3, 0.7))
        await world.bind(2)
        await world.live.finish(UID, 2, End("TrainerFailed", "1", TrialState.FAILED, 6.0))
        await world.live.note_sampled(UID, 3)
        await world.settled()
        return world.live.record(UID)


# -- what a pruner names elsewhere ----------------------------------------------------------------


def test_a_study_that_names_no_profile_any_more_keeps_nothing_of_it(tmp_path: Path) -> None:
    naming = study_of({"type": "Profile", "profile": {"name": "strict"}})
    found = {"asked": 1, "told": {"profile": {"name": "strict"}}, "pruner": {"type": "Median"}}

    async def run() -> None:
        async with world_in(tmp_path) as world:
            await world.live.open(naming, started=False)
            await world.live.note_found(UID, found)
            kept = world.live.record(UID).pruner
            assert kept is not None
            assert kept.told == found["told"]
            await world.live.open(study_of({"type": "Nop"}), started=False)
            assert world.live.record(UID).pruner is None

    asyncio.run(run())


# -- studies at rest ---------------------------------------------------------------------------


def test_an_ended_study_is_known_without_a_look_at_its_log(tmp_path: Path) -> None:
    async def run() -> None:
        before = await ended(tmp_path)
        assert before.trial(0).prune is not None
        assert before.best == 1
        async with world_in(tmp_path) as world:
            await world.live.read_running()
            await world.live.open(THRESHOLD)
            assert world.live.record(UID) == before
            assert world.pages == []
            await world.live.note_sampled(UID, 9)
            assert world.live.record(UID).sampled == 9
            assert world.pages == []

    asyncio.run(run())


NOISY = (0.70, 0.90, 0.72, 0.88, 0.71, 0.89, 0.70)
STEADY = (0.85, 0.84, 0.86, 0.85, 0.84, 0.86, 0.85)
LUCKY = (0.70, 0.50, 0.72, 0.50, 0.71, 0.49, 0.95)


@pytest.mark.parametrize("at_rest", [True, False], ids=["at rest", "read from its log"])
def test_which_trial_is_expected_to_be_the_best_is_the_same_after_a_restart(
    tmp_path: Path, at_rest: bool
) -> None:
    async def run() -> None:
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            for number, values in enumerate((NOISY, STEADY, LUCKY)):
                await world.run_trial(number, *enumerate(values, 1))
            if at_rest:
                await world.settled()
            else:
                await world.bind(3)
            before = world.live.record(UID)
        assert (before.leading, before.best) == (1, 2)
        assert before.leaders[0].low is not None
        async with world_in(tmp_path) as world:
            await world.live.read_running()
            await world.live.open(THRESHOLD)
            assert world.live.record(UID) == before
            assert world.live.record(UID).leaders == before.leaders
            assert world.pages == ([] if at_rest else [UID])

    asyncio.run(run())


def test_a_late_value_has_it_read_and_is_not_lost(tmp_path: Path) -> None:
    async def run() -> None:
        before = await ended(tmp_path)
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            await world.bind(1)
            with pytest.raises(RetryLater):
                await world.live.submit("unknown", CheckedBatch("research/digits-1", ()))
            assert (await world.report(1, (4, 0.8))).accepted == 1
            assert world.pages == [UID]
            after = world.live.record(UID)
            assert after.trials == before.trials
            assert before.summary is not None
            assert after.summary is not None
            assert after.summary.late == before.summary.late + 1
            await world.settled()
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            assert world.live.record(UID) == after
            assert world.pages == []

    asyncio.run(run())


def test_a_study_that_goes_on_is_read_at_the_next_start(tmp_path: Path) -> None:
    async def run() -> None:
        await ended(tmp_path)
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            await world.bind(3)
            before = world.live.record(UID)
        async with world_in(tmp_path) as world:
            await world.live.read_running()
            assert world.live.reading().studies == 1
            await world.live.open(THRESHOLD)
            assert world.pages == [UID]
            assert world.live.record(UID) == before
            assert world.live.reading().studies == 0

    asyncio.run(run())


def test_a_study_at_rest_loses_its_judge_after_a_while_and_nothing_else(tmp_path: Path) -> None:
    async def run() -> None:
        async with world_in(tmp_path, rest_after=0.01) as world:
            await world.live.open(THRESHOLD)
            await world.run_trial(0, (1, 0.5))
            before = world.live.record(UID)
            while UID in world.live._shelf._live:
                await asyncio.sleep(0.001)
            assert world.live.record(UID) == before
            await world.bind(1)
            assert (await patiently(lambda: world.report(1, (1, 0.6)))).accepted == 1

    asyncio.run(run())


def test_a_study_of_an_earlier_version_is_read_once_and_keeps_no_judge(tmp_path: Path) -> None:
    """Many of them are read one after the other at the first start after an upgrade."""

    async def run() -> None:
        before = await ended(tmp_path)
        async with world_in(tmp_path) as world:
            with world.store._writer.begin() as connection:
                connection.exec_driver_sql("UPDATE studies SET summary = NULL")
                connection.exec_driver_sql("DELETE FROM figures")
            await world.live.open(THRESHOLD)
            await world.settled()
            while UID in world.live._shelf._live:
                await asyncio.sleep(0.001)
            assert world.live.record(UID) == before
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            assert world.live.record(UID) == before
            assert world.pages == []

    asyncio.run(run())


def test_what_another_version_stored_of_the_rest_is_not_taken(tmp_path: Path) -> None:
    async def run() -> None:
        before = await ended(tmp_path)
        async with world_in(tmp_path) as world:
            with world.store._writer.begin() as connection:
                connection.exec_driver_sql("UPDATE studies SET summary = '{\"judged\":1}'")
            await world.live.open(THRESHOLD)
            assert world.pages == [UID]
            assert world.live.record(UID) == before
            await world.settled()

    asyncio.run(run())


# -- reading -----------------------------------------------------------------------------------


def test_a_study_that_is_being_read_keeps_no_other_waiting(tmp_path: Path) -> None:
    other = study_of({"type": "Nop"}, uid="other", name="other")

    async def run() -> None:
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            await world.bind(0)
            await world.report(0, (1, 0.5))
        async with world_in(tmp_path, patience=0.01) as world:
            world.gate.clear()
            await world.live.read_running()
            with pytest.raises(RetryLater, match="being read"):
                await world.live.open(THRESHOLD)
            with pytest.raises(RetryLater, match="being read"):
                await world.live.attempt_of(UID, 0, f"{UID}-0")
            world.free.add("other")
            await patiently(lambda: world.live.open(other))
            await world.bind(0, "other")
            assert (await world.report(0, (1, 0.5), uid="other")).accepted == 1
            assert UID not in world.read
            world.gate.set()
            await patiently(lambda: world.live.open(THRESHOLD))
            assert UID in world.read
            assert world.live.record(UID).trial(0).step == 1

    asyncio.run(run())


def test_few_logs_are_read_side_by_side_the_shortest_first(tmp_path: Path) -> None:
    studies = [study_of({"type": "Nop"}, uid=f"u{n}", name=f"s{n}") for n in range(6)]

    async def run() -> None:
        async with world_in(tmp_path) as world:
            for n, study in enumerate(studies):
                await world.live.open(study)
                await world.bind(0, f"u{n}")
                await world.report(0, *((step, 0.5) for step in range(20 - 3 * n)), uid=f"u{n}")
        async with world_in(tmp_path) as world:
            world.gate.clear()
            await world.live.read_running()
            while len(world.pages) < SIDE_BY_SIDE:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)
            assert world.live.reading().studies == 6
            assert len(world.pages) == SIDE_BY_SIDE
            world.gate.set()
            while world.live.reading().studies:
                await asyncio.sleep(0.001)
            rest = world.pages[SIDE_BY_SIDE:]
            assert rest == sorted(rest, reverse=True)

    asyncio.run(run())


def test_memory_does_not_grow_with_what_is_read_but_with_what_stays(tmp_path: Path) -> None:
    """Of 30,000 values that are read, no more than a page is held beside what the judge keeps."""
    plain = study_of({"type": "Nop"}, resource={"name": "step", "max": 10_000})

    freely = ValueLimits(values_a_second=1e9, loop_burst=1e9)

    async def run() -> int:
        async with world_in(tmp_path, limits=freely) as world:
            await world.live.open(plain)
            for number in range(3):
                await world.bind(number)
                for first in range(0, 10_000, 1000):
                    await world.report(number, *((first + n, 0.5) for n in range(1000)))
        async with world_in(tmp_path) as world:
            tracemalloc.start()
            await world.live.open(plain)
            stays, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert world.live.record(UID).trial(2).step == 9_999
            return peak - stays

    assert asyncio.run(run()) < 3_000_000


def test_turns_are_passed_on_also_by_those_who_leave() -> None:
    async def run() -> None:
        turns, order = PriorityGate(1), []

        async def take(rank: int) -> None:
            async with turns.turn(rank):
                order.append(rank)
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(take(rank)) for rank in (9, 5, 3, 4)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        await asyncio.wait(tasks)
        await take(1)
        assert order == [9, 4, 5, 1]

    asyncio.run(run())


# -- what is in memory is never replaced by what is older ------------------------------------------


def test_settings_may_change_before_the_first_value_and_nothing_acknowledged_is_lost(
    tmp_path: Path,
) -> None:
    """The Study is changed while its trials report: either the values or the change come first."""
    changed = study_of(
        {"type": "Threshold", "threshold": {"lower": 0.3}},
        pruning={"exemptPercent": 0, "keepBest": 0},
        trials={"max": 200},
    )

    async def run() -> None:
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            await world.bind(0)
            world.gate.clear()
            opening = asyncio.create_task(world.live.open(changed))
            while len(world.pages) < 2:
                await asyncio.sleep(0.001)
            with pytest.raises(RetryLater):
                await world.report(0, (1, 0.1))
            assert world.live.record(UID).trial(0).attempt == 1
            world.gate.set()
            await opening
            answer = await world.report(0, (1, 0.1))
            assert answer.decision is not None
            assert answer.decision.action is Action.PRUNE
            await world.live.open(THRESHOLD)
            (row,) = await world.store.studies()
            assert row.terms.trials == 200
            assert world.live.record(UID).trial(0).prune == answer.decision

    asyncio.run(run())


def test_what_was_sampled_survives_a_failed_commit_and_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            await world.bind(0)
            for upto in (4, 2):
                await world.live.note_sampled(UID, upto)
            study = world.live._shelf._live[UID]
            study.failures = -1
            with caplog.at_level(logging.WARNING), pytest.raises(RetryLater):
                await world.report(0, (1, 0.5))
            assert world.live.record(UID).sampled == 4
            await patiently(lambda: world.report(0, (1, 0.5)))
            assert world.live.record(UID).sampled == 4
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            assert world.live.record(UID).sampled == 4

    asyncio.run(run())
    assert "reading its log again" in caplog.text


def test_a_study_that_is_back_has_its_history(tmp_path: Path) -> None:
    async def run() -> None:
        before = await ended(tmp_path)
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            await world.live.close(UID, "a list does not hold it")
            assert world.live.record(UID).trials == {}
            assert world.live.opened() == frozenset()
            await world.live.open(THRESHOLD)
            assert world.live.record(UID) == before

    asyncio.run(run())


def test_a_pruner_that_raised_left_the_same_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that could not be judged is known, before and after a restart alike."""
    from espalier.pruning import Judge

    report = Judge.report

    def fail(judge: Judge, came: Any, at: float) -> Any:
        verdict = report(judge, came, at)
        if came.step == 2:
            raise ZeroDivisionError("in a plug-in")
        return verdict

    async def run() -> None:
        monkeypatch.setattr(Judge, "report", fail)
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            await world.bind(0)
            await world.report(0, (1, 0.5), (2, 0.6))
            before = world.live.record(UID)
            assert before.trial(0).step == 2
        async with world_in(tmp_path) as world:
            await world.live.open(THRESHOLD)
            assert world.live.record(UID) == before

    asyncio.run(run())
