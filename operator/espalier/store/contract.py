"""What every store must keep, as tests that ship: subclass `StoreContract` for yours.

    class TestMine(StoreContract):
        async def open(self, folder):
            return await open_my_store(folder)

Each test opens a store in a folder of its own, as the operator does, and again as its next process
does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from espalier.api.judging import JudgeSettings
from espalier.errors import RetryLater
from espalier.planning.world.record import AttemptRecord, End, MadeTrial, Origin
from espalier.pruning import (
    Action,
    Decision,
    Direction,
    Reason,
    Restraint,
    Terms,
    TrialState,
)
from espalier.store.batch import Batch, Row
from espalier.store.rows import (
    change_row,
    decision_row,
    end_row,
    finite_or_none,
    proposal_row,
    settings_text,
    sighting_row,
    spec_row,
    trial_row,
)
from espalier.store.store import Store
from espalier.study_log.log import StoredObservation, StoredProposal, StoredSpec, StudyRow

UID = "6f9619ff"
PROOF = "the API server says so"
COMPLETED = End("Completed", "", TrialState.COMPLETED, 9.0, 1.0, 77, 2.0, 0.5)
FAILED = End("TrainerFailed", "exit code 1", TrialState.FAILED, 8.0)
Step = Callable[[Store, StudyRow], Awaitable[None]]


def settings_for(uid: str, metric: str = "loss") -> JudgeSettings:
    """Return what a judge is built from."""
    terms = Terms(Direction.MINIMIZE, 27, study_uid=uid, metric=metric, trials=30, seed=7)
    return JudgeSettings(terms, {"type": "Nop"}, {"keepBest": 1, "exemptPercent": 5.0})


def value_row(study: int, seq: int, step: int, value: float = 0.5, trial: int = 0) -> Row:
    """Return a value's row."""
    return (study, trial, 1, "loss", step, finite_or_none(value), seq, float(seq))


def decided(trial: int, step: int, action: Action = Action.KEEP) -> Decision:
    """Return a decision."""
    reason = Reason.NEVER_PRUNES if action is Action.KEEP else Reason.WORSE_THAN_PERCENTILE
    return Decision(trial, 1, step, action, reason, {"own": 0.25}, 3, None, "Median", {"n": 1})


async def refused(work: Callable[[], Awaitable[object]]) -> None:
    """Do something that must be refused, from the call or out of what it returns."""
    try:
        await work()
    except RetryLater:
        return
    raise AssertionError("expected that it is refused for now, and it was done")


class StoreContract:
    """The laws of a store."""

    async def open(self, folder: Path) -> Store:
        """Open the store that lies in a folder, a new one where there is none."""
        raise NotImplementedError

    def run(self, folder: Path, *processes: Step) -> None:
        """Let one process after the other open the store and a study, and do its step."""

        async def play() -> None:
            for step in processes:
                store = await self.open(folder)
                try:
                    await step(store, await self.study(store))
                finally:
                    await store.close()

        asyncio.run(play())

    async def study(self, store: Store, uid: str = UID, metric: str = "loss") -> StudyRow:
        """Open a study."""
        settings = settings_for(uid, metric)
        return await store.open_study(uid, "research", uid, settings, at=1.0, version="0")

    def test_what_is_appended_is_read_back_in_order_by_the_next_process(
        self, tmp_path: Path
    ) -> None:
        """Values, decisions, ends and changes come out as they went in."""
        values = [0.5, math.nan, -1e300, 1e-300]

        async def write(store: Store, row: StudyRow) -> None:
            rule = (row.id, 1, "Median", settings_text(decided(0, 0)))
            decision = decided(0, 1)
            first = Batch(row.id, rules=[rule], attempts=[(row.id, 0, 1, "pod")])
            first.observations += [value_row(row.id, n, n, v) for n, v in enumerate(values, 1)]
            first.decisions.append(decision_row(row.id, decision, "", 1, 1, 1.0))
            first.decisions.append(decision_row(row.id, decision, "shadow", 1, 1, 1.0))
            await store.commit(first)
            held = Restraint(True, 2, frozenset({5}))
            await store.commit(Batch(row.id, changes=[change_row(row.id, held, 5, 5.0)]))
            await store.commit(Batch(row.id, ends=[end_row(row.id, 0, COMPLETED, 6)]))

        async def read(store: Store, row: StudyRow) -> None:
            log = await store.log(row)
            assert [seen.seq for seen in log.observations] == [1, 2, 3, 4]
            assert repr([seen.value for seen in log.observations]) == repr(values)
            assert [(each.shadow, each.decision) for each in log.decisions] == [
                ("", decided(0, 1)),
                ("shadow", decided(0, 1)),
            ]
            assert [each.end for each in log.ends] == [COMPLETED]
            assert [each.restraint for each in log.changes] == [Restraint(True, 2, frozenset({5}))]
            assert log.attempts == [(0, 1, "pod")]
            assert [event.seq for event in log.events] == [1, 1, 1, 2, 3, 4, 5, 6]
            pages = [each async for page in store.arrivals(row) for each in page]
            assert [each[0] for each in pages] == [1, 2, 3, 4]
            assert await store.length(row) == 4

        self.run(tmp_path, write, read)

    def test_batches_are_committed_in_the_order_of_the_calls(self, tmp_path: Path) -> None:
        """However many wait, each is durable once its future is done."""

        async def step(store: Store, row: StudyRow) -> None:
            commits = [
                store.commit(Batch(row.id, observations=[value_row(row.id, seq, seq)]))
                for seq in range(1, 200)
            ]
            await commits[99]
            assert await store.length(row) >= 100
            await asyncio.gather(*commits)
            assert [seen.seq for seen in (await store.log(row)).observations] == list(range(1, 200))

        self.run(tmp_path, step)

    def test_what_waits_at_the_end_is_durable_after_it(self, tmp_path: Path) -> None:
        """Closing commits what was taken; later commits are refused."""

        async def write(store: Store, row: StudyRow) -> None:
            commit = store.commit(Batch(row.id, observations=[value_row(row.id, 1, 1)]))
            await store.close()
            await commit
            await refused(lambda: store.commit(Batch(row.id, sampled=2)))

        async def read(store: Store, row: StudyRow) -> None:
            assert await store.length(row) == 1

        self.run(tmp_path, write, read)

    def test_a_key_is_written_once_and_nothing_of_a_bad_batch_is(self, tmp_path: Path) -> None:
        """A second value of a step, or a second end, costs its batch; the first one stands."""

        async def step(store: Store, row: StudyRow) -> None:
            other = await self.study(store, "other")
            await store.commit(Batch(row.id, observations=[value_row(row.id, 1, 1)]))
            await store.commit(Batch(row.id, ends=[end_row(row.id, 0, COMPLETED, 2)]))
            for bad in (
                Batch(
                    row.id,
                    observations=[value_row(row.id, 3, 2), value_row(row.id, 4, 1, 0.75)],
                ),
                Batch(row.id, ends=[end_row(row.id, 0, FAILED, 5)]),
            ):
                failures = store.failures(row.id)
                good = store.commit(
                    Batch(other.id, observations=[value_row(other.id, failures + 1, failures)])
                )
                await refused(partial(store.commit, bad))
                assert store.failures(row.id) == failures + 1
                await good
            log = await store.log(row)
            assert [(seen.step, seen.value) for seen in log.observations] == [(1, 0.5)]
            assert [each.end for each in log.ends] == [COMPLETED]
            assert store.failures(other.id) == 0

        self.run(tmp_path, step)

    def test_a_trial_is_pruned_once(self, tmp_path: Path) -> None:
        """A second acting Prune costs its batch; a shadow's does not."""

        async def step(store: Store, row: StudyRow) -> None:
            rule = (row.id, 1, "Median", settings_text(decided(0, 0)))
            for seq, shadow in ((1, ""), (2, "shadow")):
                prune = decided(0, seq, Action.PRUNE)
                batch = Batch(row.id, observations=[value_row(row.id, seq, seq)])
                batch.rules += [rule] if seq == 1 else []
                batch.decisions.append(decision_row(row.id, prune, shadow, 1, seq, 1.0))
                await store.commit(batch)
            again = decision_row(row.id, decided(0, 3, Action.PRUNE), "", 1, 3, 1.0)
            await refused(lambda: store.commit(Batch(row.id, decisions=[again])))

        self.run(tmp_path, step)

    def test_only_one_process_writes(self, tmp_path: Path) -> None:
        """A store that is open is not opened again."""

        async def step(store: Store, row: StudyRow) -> None:
            await refused(lambda: self.open(tmp_path))
            await store.commit(Batch(row.id, observations=[value_row(row.id, 1, 1)]))

        self.run(tmp_path, step, lambda _store, _row: asyncio.sleep(0))

    def test_numbers_that_were_sampled_only_grow(self, tmp_path: Path) -> None:
        """Less than what is stored changes nothing."""

        async def write(store: Store, row: StudyRow) -> None:
            for upto in (4, 9, 3):
                await store.commit(Batch(row.id, sampled=upto))

        async def read(store: Store, row: StudyRow) -> None:
            assert row.sampled == 9
            assert (await store.head(row)).sampled == 9

        self.run(tmp_path, write, read)

    def test_what_was_seen_and_made_is_the_newest(self, tmp_path: Path) -> None:
        """Sightings, trials and specs take the place of what is there under their key."""
        seen = AttemptRecord(1, "pod", "s-0-x", "job", 1.0, 2.0, 1.0, exit_code=0, over=True)
        made = MadeTrial("s-0", '{"lr":0.5}', Origin.HAND_MADE, 77, 3.0, 4.0)
        spec = StoredSpec(77, 2, {"trials": {"max": 9}}, 5.0)

        async def write(store: Store, row: StudyRow) -> None:
            await store.commit(
                Batch(
                    row.id,
                    attempts=[(row.id, 0, 1, "pod")],
                    sightings=[sighting_row(row.id, 0, AttemptRecord(1, "pod"))],
                    trials=[trial_row(row.id, 0, MadeTrial("s-0", "{}", Origin.SAMPLED))],
                    specs=[spec_row(row.id, StoredSpec(77, 1, {}, 1.0))],
                )
            )
            await store.commit(
                Batch(
                    row.id,
                    sightings=[sighting_row(row.id, 0, seen)],
                    trials=[trial_row(row.id, 0, made)],
                    specs=[spec_row(row.id, spec)],
                )
            )

        async def read(store: Store, row: StudyRow) -> None:
            assert (await store.head(row)).sightings == ((0, seen),)
            assert await store.made(row) == {0: made}
            assert await store.specs(row) == (spec,)

        self.run(tmp_path, write, read)

    def test_a_trials_proposal_is_written_once_and_read_back_in_the_order_of_the_log(
        self, tmp_path: Path
    ) -> None:
        """A second one of a trial costs its batch; the first one stands."""
        first, second, none_left = (
            StoredProposal(4, 7, '{"lr":0.5}', "TPE", 1, False, "0-3,9", "optuna 5.0", 2.0, "{}"),
            StoredProposal(4, 8, '{"lr":1e-300}', "Random", 20, True, "", "", 2.5),
            StoredProposal(3, 9, None, "NoneLeft", 11, False, "7-8", "", 3.0),
        )

        async def write(store: Store, row: StudyRow) -> None:
            other = await self.study(store, "other")
            for each in (second, first, none_left):
                await store.commit(Batch(row.id, proposals=[proposal_row(row.id, each)]))
            await store.commit(Batch(other.id, proposals=[proposal_row(other.id, first)]))
            await store.commit(Batch(row.id, observations=[value_row(row.id, 4, 1)]))
            again = Batch(row.id, observations=[value_row(row.id, 5, 2)])
            again.proposals += [proposal_row(row.id, replace(first, parameters="{}"))]
            await refused(partial(store.commit, again))

        async def read(store: Store, row: StudyRow) -> None:
            assert await store.proposals(row) == [none_left, first, second]
            log = await store.log(row)
            assert log.proposals == [none_left, first, second]
            # What it was based on comes before it.
            events = list(log.events)
            assert [each.seq for each in events] == [3, 4, 4, 4]
            assert isinstance(events[1], StoredObservation)

        self.run(tmp_path, write, read)

    def test_settings_change_until_the_first_value(self, tmp_path: Path) -> None:
        """Then those that the study was judged by stand."""

        async def step(store: Store, row: StudyRow) -> None:
            changed = await self.study(store, metric="other")
            assert (changed.id, changed.terms.metric) == (row.id, "other")
            await store.commit(Batch(row.id, observations=[value_row(row.id, 1, 1)]))
            assert (await self.study(store, metric="third")).terms.metric == "other"

        self.run(tmp_path, step)

    def test_a_closed_study_is_hidden_and_comes_back_whole(self, tmp_path: Path) -> None:
        """Its rows stay for the retention time; opening it again brings them back."""

        async def close(store: Store, row: StudyRow) -> None:
            await store.commit(Batch(row.id, observations=[value_row(row.id, 1, 1)], sampled=3))
            await store.close_study(UID, at=2.0, proof=PROOF)
            assert await store.studies() == []

        async def back(store: Store, row: StudyRow) -> None:
            assert [each.uid for each in await store.studies()] == [UID]
            assert (await store.length(row), row.sampled) == (1, 3)

        self.run(tmp_path, close, back)

    def test_the_room_of_each_namespace_is_told(self, tmp_path: Path) -> None:
        """More rows take more room; what takes a row's place does not."""

        async def step(store: Store, row: StudyRow) -> None:
            assert await store.bytes_of_namespaces() == {"research": 0}
            batch = Batch(row.id, observations=[value_row(row.id, 1, 1)])
            await store.commit(batch)
            assert await store.bytes_of_namespaces() == {"research": batch.bytes}
            assert 0 < store.size() <= store.volume()

        self.run(tmp_path, step)
