"""What the live studies do in cases that are easier said one by one than as a law."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from espalier.engine.reports.last_words import LastWords
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Acknowledgement, CheckedBatch, CheckedReport
from espalier.errors import ReportError, RetryLater
from espalier.planning.world.record import AttemptRecord, End
from espalier.pruning import Action, Judge, Reason, TrialState
from espalier.store import Store, open_store
from tests.ingest.serving import UID, binding_of, study_of

THRESHOLD = study_of(
    {"type": "Threshold", "threshold": {"lower": 0.3}},
    pruning={"exemptPercent": 0, "keepBest": 0},
)
COMPLETED = End("Completed", "Trained to the end.", TrialState.COMPLETED, 5.0)
GOLDEN = Path(__file__).parents[2] / "golden"


class World:
    """A store, the live studies and who was pruned."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pruned: list[tuple[str, int]] = []
        self.live = OpenStudies(store, lambda uid, number: self.pruned.append((uid, number)))

    async def report(self, number: int, *values: tuple[int, float], **more: Any) -> Acknowledgement:
        metric = more.pop("metric", "val_accuracy")
        reports = tuple(CheckedReport(metric, step, value) for step, value in values)
        batch = CheckedBatch(f"research/digits-{number}", reports)
        return await self.live.submit(f"uid-pod-{number}", batch, **more)


def run(folder: Path, story: Callable[[World], Awaitable[None]], study: Any = THRESHOLD) -> None:
    async def tell() -> None:
        store = await open_store(f"sqlite:///{folder}/espalier.db")
        world = World(store)
        await world.live.open(study)
        for number in range(4):
            world.live.bind(binding_of(f"pod-{number}", number))
        try:
            await story(world)
        finally:
            await store.close()

    asyncio.run(tell())


def test_a_prune_is_told_once_it_is_durable(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        task = asyncio.create_task(world.report(0, (1, 0.1)))
        await asyncio.sleep(0)
        # Judged, not durable: neither planning nor anybody else may act on it.
        assert world.live.record(UID).trial(0).prune is None
        assert world.pruned == []
        answer = await task
        assert answer.decision is not None
        assert answer.decision.action is Action.PRUNE
        assert world.pruned == [(UID, 0)]
        assert world.live.record(UID).trial(0).prune == answer.decision

    run(tmp_path, story)


def test_values_after_a_prune_are_stored_and_not_judged(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        first = await world.report(0, (1, 0.1), (2, 0.9))
        late = await world.report(0, (3, 0.95))
        assert (first.accepted, late.accepted) == (2, 1)
        assert late.decision == first.decision
        record = world.live.record(UID).trial(0)
        assert (record.step, record.best) == (1, 0.1)
        (row,) = await world.store.studies()
        log = await world.store.log(row)
        assert [seen.step for seen in log.observations] == [1, 2, 3]
        assert len(log.decisions) == 1

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("metric", "step"), [("loss", 1), ("loss", 28)], ids=["another metric", "beyond max"]
)
def test_some_values_are_stored_and_not_judged(metric: str, step: int, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        answer = await world.report(0, (step, 0.1), metric=metric)
        assert (answer.accepted, answer.decision, answer.step) == (1, None, step)
        assert world.live.record(UID).trial(0).step is None
        assert world.pruned == []

    run(tmp_path, story)


def test_a_pruner_that_raises_at_an_end_does_not_keep_the_trial_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(world: World) -> None:
        await world.report(0, (1, 0.5))
        assert await world.live.finish(UID, 0, COMPLETED)
        assert not await world.live.finish(UID, 0, COMPLETED)
        assert world.live.record(UID).trial(0).end == COMPLETED
        again = OpenStudies(world.store, lambda uid, number: None)
        await again.open(THRESHOLD)
        assert again.record(UID).trial(0).end == COMPLETED

    monkeypatch.setattr(Judge, "close", lambda *_: 1 / 0)
    run(tmp_path, story)
    assert "the pruner failed on the end of trial 0" in caplog.text


def test_a_pruner_that_raises_costs_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("in a plug-in")

    async def story(world: World) -> None:
        monkeypatch.setattr(Judge, "report", fail)
        answer = await world.report(0, (1, 0.1))
        assert (answer.accepted, answer.decision) == (1, None)
        (row,) = await world.store.studies()
        assert len((await world.store.log(row)).observations) == 1

    run(tmp_path, story)


def test_a_bug_in_the_middle_of_a_batch_is_repaired_from_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(world: World) -> None:
        await world.report(0, (1, 0.5))
        with monkeypatch.context() as broken:
            broken.setattr("espalier.engine.reports.study_writer.decision_row", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await world.report(0, (2, 0.6), (3, 0.7))
        with pytest.raises(RetryLater):
            await world.report(0, (2, 0.6))
        for _ in range(1000):
            try:
                answer = await world.report(0, (2, 0.6), (3, 0.7))
                break
            except RetryLater:
                await asyncio.sleep(0.01)
        assert answer.accepted == 2
        assert world.live.record(UID).trial(0).step == 3

    run(tmp_path, story)


def test_a_batch_sent_again_after_its_trial_ended_is_known(tmp_path: Path) -> None:
    """The values of a trial that has ended are not in memory any more; the store has them."""

    async def story(world: World) -> None:
        first = await world.report(0, (1, 0.5), (2, 0.6))
        assert await world.live.finish(UID, 0, COMPLETED)
        assert not await world.live.finish(UID, 0, COMPLETED)
        again = await world.report(0, (1, 0.5), (2, 0.6))
        assert (again.accepted, again.repeated, again.decision) == (0, 2, first.decision)
        with pytest.raises(ReportError, match="already"):
            await world.report(0, (1, 0.9))
        assert (await world.report(0, (3, 0.7))).accepted == 1

    run(tmp_path, story)


def test_the_same_answer_for_an_older_batch(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        first = await world.report(0, (1, 0.5))
        second = await world.report(0, (2, 0.6))
        assert first.decision != second.decision
        assert (await world.report(0, (1, 0.5))).decision == first.decision

    run(tmp_path, story)


def test_only_completed_trials_are_best(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        for number, value in enumerate([0.5, 0.9, 0.7, 0.8]):
            await world.report(number, (1, value))
        failed = End("OutOfMemory", "", TrialState.FAILED, 5.0)
        await world.live.finish(UID, 0, COMPLETED)
        await world.live.finish(UID, 1, failed)
        await world.live.finish(UID, 2, COMPLETED)
        assert world.live.record(UID).best == 2

    run(tmp_path, story)


def test_what_a_pod_left_behind_is_taken_as_far_as_it_is_good(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.report(0, (1, 0.5), (2, 0.6))
        world.live.bind(binding_of("pod-0b", 0, attempt=2))
        left = {
            "espalier": 1,
            "reports": [
                ["val_accuracy", 2, 0.6],
                ["val_accuracy", 1, 0.9],
                ["val_accuracy", -1, 0.9],
                "x",
                ["val_accuracy", 3, None],
            ],
            "lost": 4,
        }
        tail = await world.live.submit_tail("uid-pod-0", json.dumps(left))
        assert tail == LastWords(accepted=1, repeated=1, refused=3, lost=4)
        again = await world.live.submit_tail("uid-pod-0", json.dumps(left))
        assert again == LastWords(accepted=0, repeated=2, refused=3, lost=4)

    run(tmp_path, story)


@pytest.mark.parametrize("text", ["", "Killed", "[1]", '{"espalier": 2}', "[" * 5000, "null"])
def test_termination_messages_of_others_have_no_values(text: str, tmp_path: Path) -> None:
    async def story(world: World) -> None:
        assert await world.live.submit_tail("uid-pod-0", text) == LastWords()

    run(tmp_path, story)


def test_the_agreed_termination_message(tmp_path: Path) -> None:
    golden = json.loads((GOLDEN / "termination-message.json").read_text())

    async def story(world: World) -> None:
        await world.live.submit_tail("uid-pod-0", json.dumps(golden["message"]))
        (row,) = await world.store.studies()
        stored = [
            [seen.metric, seen.step, None if math.isnan(seen.value) else seen.value]
            for seen in (await world.store.log(row)).observations
        ]
        assert stored == golden["stored"]

    run(tmp_path, story)


def test_a_deleted_study_takes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.report(0, (1, 0.5))
        await world.live.close(UID, "deleted")
        with pytest.raises(RetryLater):
            await world.report(0, (2, 0.5))
        assert await world.store.studies() == []
        assert world.live.record(UID).trials == {}

    run(tmp_path, story)


def test_a_correction_before_the_first_value_changes_the_judge(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.live.open(study_of({"type": "Nop"}))
        answer = await world.report(0, (1, 0.1))
        assert answer.decision is not None
        assert answer.decision.reason is Reason.NEVER_PRUNES
        # From now on it is fixed.
        await world.live.open(THRESHOLD)
        answer = await world.report(0, (2, 0.1))
        assert answer.decision is not None
        assert answer.decision.reason is Reason.NEVER_PRUNES

    run(tmp_path, story)


def test_a_restart_finds_no_difference_in_a_number_that_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(world: World) -> None:
        values = [(step, math.nan) for step in range(1, 5)]
        answer = await world.report(0, *values)
        assert answer.decision is not None
        assert math.isnan(float(answer.decision.evidence["value"]))
        await OpenStudies(world.store, lambda _uid, _number: None).open(patient)
        assert not [each for each in caplog.records if each.levelno >= logging.WARNING]

    patient = study_of(
        {"type": "Patient", "patient": {"patience": 1}},
        pruning={"exemptPercent": 0, "nanPatience": 0},
    )
    run(tmp_path, story, patient)


def test_two_studies_do_not_see_each_other(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        other = study_of({"type": "Nop"}, uid="other-uid", name="other")
        await world.live.open(other)
        assert (await world.report(0, (1, 0.5))).accepted == 1
        assert world.live.record("other-uid").trials == {}
        await world.live.close("other-uid", "deleted")
        assert (await world.report(0, (2, 0.5))).accepted == 1

    run(tmp_path, story)


def test_a_pod_that_is_over_never_takes_the_place_of_the_one_that_runs(tmp_path: Path) -> None:
    """Also where it is seen, and gets its number, after the pod that has followed it."""

    async def story(world: World) -> None:
        await world.live.note_attempt(UID, 0, AttemptRecord(0, "uid-pod-0"))
        await world.live.note_attempt(UID, 0, AttemptRecord(0, "uid-older", over=True))
        older = replace(binding_of("older", 0), attempt=2)
        world.live.bind(older, present=False)
        answer = await world.report(0, (1, 0.5))
        assert answer.accepted == 1
        left = '{"espalier": 1, "reports": [["val_accuracy", 2, 0.4]], "lost": 0}'
        tail = await world.live.submit_tail("uid-older", left)
        assert (tail.lost, tail.refused) == (0, 0)
        seen = world.live.record(UID).trial(0).attempts
        assert [(each.attempt, each.pod_uid) for each in seen] == [
            (1, "uid-pod-0"),
            (2, "uid-older"),
        ]

    run(tmp_path, story)


def test_what_a_pod_tells_is_cut_to_what_the_store_can_keep(tmp_path: Path) -> None:
    odd = AttemptRecord(0, "uid-pod-0", exit_code=2**40, exit_reason="\ud800" * 99, held=math.inf)

    async def story(world: World) -> None:
        await world.live.note_attempt(UID, 0, odd)
        (seen,) = world.live.record(UID).trial(0).attempts
        assert (seen.exit_code, seen.held) == (2**31 - 1, 0.0)
        assert seen.exit_reason == "?" * 63
        with pytest.raises(ReportError):
            await world.live.note_attempt(UID, -1, odd)

    run(tmp_path, story)
