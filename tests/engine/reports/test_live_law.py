"""Whatever is reported, ended, restrained, broken and restarted: the store and memory agree.

The oracle: what was acknowledged is stored, once; a decision follows from the stored values, that
is, a fresh judge fed with the log comes to it; what planning sees is the same before and after a
restart; a batch that is sent again gets the same answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy.exc import OperationalError

from espalier.api.judging import judge_of
from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Acknowledgement, Binding, CheckedBatch, CheckedReport
from espalier.errors import ReportError, RetryLater
from espalier.planning.world.record import AttemptRecord, End, StudyRecord
from espalier.pruning import Reason, Repeat, Restraint, TrialState, Will, Wish
from espalier.store import Log, StoredObservation, open_store
from tests.engine.asking import patiently
from tests.engine.replaying import replay
from tests.ingest.serving import UID, study_of
from tests.pruning.ousting import OUSTING, ousting  # noqa: F401

NUMBERS = (*range(5), Repeat(0, 1).number, Repeat(4, 2).number)
"""Those of trials, and of repeats of finalists, whose values are stored and not judged."""
PRUNERS: list[dict[str, Any]] = [
    {"type": "Median", "median": {"startupTrials": 1}},
    {"type": "SuccessiveHalving", "successiveHalving": {"minResource": 1, "reductionFactor": 2}},
    {"type": "Threshold", "threshold": {"lower": 0.3}},
    OUSTING,
]
SHADOWS = [
    {"name": "strict", "type": "Median", "median": {"startupTrials": 0}},
    {"name": "loose", "type": "Median", "median": {"startupTrials": 3}},
    {"name": "ousting"} | OUSTING,
]
reports = st.builds(
    CheckedReport,
    metric=st.sampled_from(["val_accuracy", "val_accuracy", "val_accuracy", "loss"]),
    step=st.integers(0, 29),
    value=st.sampled_from([0.1, 0.2, 0.4, 0.5, 0.7, 0.9, math.nan]),
)
batches = st.lists(reports, min_size=1, max_size=5)
trials = st.sampled_from(NUMBERS)
restraints = st.builds(
    Restraint, st.booleans(), st.integers(0, 2), st.frozensets(trials, max_size=2)
)
wishes = st.lists(
    st.builds(Wish, trials, st.just(Will.PRUNE), st.sampled_from(["", "it overfits"])),
    min_size=1,
    max_size=3,
    unique_by=lambda wish: wish.trial,
)
seconds_held = st.sampled_from([0.0, 1.5, 20.0, 300.0])
Key = tuple[int, int, str, int]


class Live(RuleBasedStateMachine):
    """A study that is reported to, against a model of what was acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.acknowledged: dict[Key, float] = {}
        self.unsure: dict[Key, float] = {}
        self.attempts = dict.fromkeys(NUMBERS, 1)
        self.ended: set[int] = set()
        self.pruned: set[int] = set()
        self.last: dict[int, tuple[list[CheckedReport], Acknowledgement]] = {}
        self.now = 1000.0
        self.sampled = 0
        self.restraint = Restraint(keep_best=0)
        self.seen: dict[tuple[int, int], AttemptRecord] = {}

    @initialize(
        pruner=st.sampled_from(PRUNERS),
        exempt=st.sampled_from([0, 50]),
        rest_after=st.sampled_from([0.05, 300.0]),
        slice_seconds=st.sampled_from([0.0, 1.0]),
    )
    def open(
        self, pruner: dict[str, Any], exempt: int, rest_after: float, slice_seconds: float
    ) -> None:
        # Each value in a slice of its own, or all of a batch in one.
        self.limits = ValueLimits(slice_seconds=slice_seconds, loop_burst=1e6)
        pruning = {"exemptPercent": exempt, "keepBest": 0, "shadows": SHADOWS}
        self.study = study_of(pruner, pruning=pruning)
        self.rest_after = rest_after
        self.runner.run(self._open())

    async def _open(self) -> None:
        self.store = await open_store(f"sqlite:///{self.folder}/espalier.db")
        self.live = OpenStudies(
            self.store,
            lambda _uid, number: self.pruned.add(number),
            clock=lambda: self.now,
            limits=self.limits,
            rest_after=self.rest_after,
        )
        await self.live.open(self.study)
        self.unasked = self.live.record(UID)
        for number, attempts in self.attempts.items():
            for attempt in range(1, attempts + 1):
                await self._bind(number, attempt)

    async def _bind(self, number: int, attempt: int) -> None:
        pod = f"{number}-{attempt}"
        ordinal = await patiently(lambda: self.live.attempt_of(UID, number, pod))
        assert ordinal == attempt
        trial = f"digits-{number}"
        self.live.bind(Binding(pod, "research", pod, UID, trial, number, ordinal))

    async def submit(self, number: int, sent: list[CheckedReport]) -> Acknowledgement:
        batch = CheckedBatch(f"research/digits-{number}", tuple(sent))
        return await self.live.submit(f"{number}-{self.attempts[number]}", batch)

    def keys(self, number: int, sent: list[CheckedReport]) -> dict[Key, float]:
        attempt = self.attempts[number]
        found: dict[Key, float] = {}
        for report in sent:
            found.setdefault((number, attempt, report.metric, report.step), report.value)
        return found

    def contradicts(self, number: int, sent: list[CheckedReport]) -> bool:
        known = {**self.unsure, **self.acknowledged}
        for report in sent:
            key = (number, self.attempts[number], report.metric, report.step)
            if repr(known.setdefault(key, report.value)) != repr(report.value):
                return True
        return False

    @rule(number=trials, sent=batches, seconds=st.integers(-5, 100))
    def report(self, number: int, sent: list[CheckedReport], seconds: int) -> None:
        self.now += seconds
        if self.contradicts(number, sent):
            if not self.unsure:
                self.runner.run(self._contradict(number, sent))
            return
        answer = self.runner.run(patiently(lambda: self.submit(number, sent)))
        assert answer.accepted + answer.repeated == len(sent)
        self.acknowledged |= self.keys(number, sent)
        self.last[number] = (sent, answer)

    async def _contradict(self, number: int, sent: list[CheckedReport]) -> None:
        before = self.live.record(UID)
        with pytest.raises(ReportError) as caught:
            await patiently(lambda: self.submit(number, sent))
        assert (caught.value.code, caught.value.status) == ("Contradiction", 409)
        assert caught.value.index is not None
        assert self.live.record(UID).trials == before.trials

    @rule(number=trials)
    def send_again(self, number: int) -> None:
        if number in self.last:
            sent, first = self.last[number]
            again = self.runner.run(patiently(lambda: self.submit(number, sent)))
            assert (again.accepted, again.repeated) == (0, len(sent))
            # The same decision, unless the trial was pruned since; that of now, if none of its
            # values is judged, or some had been sent before with others.
            judged = any(each.metric == "val_accuracy" and each.step <= 27 for each in sent)
            if (
                judged
                and not first.repeated
                and again.decision is not None
                and not again.decision.prunes
            ):
                assert again.decision.same_as(first.decision)

    @rule(sent=st.lists(st.tuples(trials, batches, st.booleans()), min_size=2, max_size=6))
    def report_together(self, sent: list[tuple[int, list[CheckedReport], bool]]) -> None:
        """Many at once, some of whom hang up before they are answered."""
        self.runner.run(self._together(sent))

    async def _together(self, sent: list[tuple[int, list[CheckedReport], bool]]) -> None:
        tasks = [asyncio.create_task(self.submit(number, each)) for number, each, _ in sent]
        await asyncio.sleep(0)
        for task, (_, _, hangs_up) in zip(tasks, sent, strict=True):
            if hangs_up:
                task.cancel()
        came = await asyncio.gather(*tasks, return_exceptions=True)
        for (number, each, _), answer in zip(sent, came, strict=True):
            if isinstance(answer, Acknowledgement):
                self.acknowledged |= self.keys(number, each)
            elif not isinstance(answer, ReportError):
                self.unsure = self.keys(number, each) | self.unsure
        await self._settle()

    @rule(wanted=restraints, seconds=st.integers(-5, 100))
    def restrain(self, wanted: Restraint, seconds: int) -> None:
        self.now += seconds
        self.runner.run(self._restrain(wanted))
        assert self.live.record(UID).restraint == wanted
        self.restraint = wanted

    async def _restrain(self, wanted: Restraint) -> None:
        async def awake() -> None:
            await self.live.attempt_of(UID, 0, "0-1")
            await self.live.take_course(UID, wanted)

        await patiently(awake)

    @rule(
        wanted=restraints,
        sent=st.lists(st.tuples(trials, batches, st.booleans()), min_size=1, max_size=5),
        after=st.integers(0, 6),
    )
    def restrain_amid_reports(
        self, wanted: Restraint, sent: list[tuple[int, list[CheckedReport], bool]], after: int
    ) -> None:
        """What holds pruning back changes while batches are taken, slice by slice."""

        async def amid() -> None:
            reporting = asyncio.create_task(self._together(sent))
            for _ in range(after):
                await asyncio.sleep(0)
            await self._restrain(wanted)
            await reporting

        self.runner.run(amid())
        self.restraint = wanted

    @rule(wanted=restraints)
    def restrain_while_the_disk_is_full(self, wanted: Restraint) -> None:
        self.runner.run(self._full_at(lambda: self.live.take_course(UID, wanted)))
        self.runner.run(self._restrain(self.restraint))

    @rule(wanted=wishes, seconds=st.integers(-5, 100))
    def wish(self, wanted: list[Wish], seconds: int) -> None:
        """People prune trials, whatever has become of them."""
        self.now += seconds
        before = self.record()
        self.runner.run(self._wish(wanted))
        record = self.live.record(UID)
        assert record.restraint == self.restraint
        for each in wanted:
            trial, old = record.trial(each.trial), before.trial(each.trial)
            late = old.end is not None or old.prune is not None
            assert trial.prune == old.prune if late else trial.prune is not None
            if not late and trial.prune is not None:
                assert trial.prune.reason is Reason.PRUNED_BY_PERSON
                assert trial.prune == trial.decision

    async def _wish(self, wanted: list[Wish]) -> None:
        await patiently(lambda: self.live.take_course(UID, self.restraint, wanted))

    @rule(
        wanted=wishes,
        sent=st.lists(st.tuples(trials, batches, st.booleans()), min_size=1, max_size=5),
        after=st.integers(0, 6),
    )
    def wish_amid_reports(
        self, wanted: list[Wish], sent: list[tuple[int, list[CheckedReport], bool]], after: int
    ) -> None:
        """People prune trials while batches are taken, slice by slice."""

        async def amid() -> None:
            reporting = asyncio.create_task(self._together(sent))
            for _ in range(after):
                await asyncio.sleep(0)
            await self._wish(wanted)
            await reporting

        self.runner.run(amid())

    @rule(wanted=wishes)
    def wish_while_the_disk_is_full(self, wanted: list[Wish]) -> None:
        before = self.record()
        self.runner.run(self._full_at(lambda: self.live.take_course(UID, self.restraint, wanted)))
        assert self.record().trials == before.trials

    async def _full_at(self, ask: Any) -> None:
        group, write = self.store._group, self.store._writer.write

        def full(_batches: object) -> dict[int, Exception]:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

        group._write = full
        with contextlib.suppress(RetryLater):
            await ask()
        group._write = write
        group._resume_at = 0.0

    @rule(number=trials, sent=batches)
    def report_while_the_disk_is_full(self, number: int, sent: list[CheckedReport]) -> None:
        self.runner.run(self._full(number, sent))

    async def _full(self, number: int, sent: list[CheckedReport]) -> None:
        group, write = self.store._group, self.store._writer.write

        def full(_batches: object) -> dict[int, Exception]:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

        group._write = full
        before = self.live.record(UID)
        try:
            answer = await self.submit(number, sent)
        except (RetryLater, ReportError):
            pass
        else:
            assert answer.accepted == 0, "acknowledged, and not stored"
        group._write = write
        group._resume_at = 0.0
        assert self.live.record(UID).trials == before.trials

    @rule(number=trials, state=st.sampled_from([TrialState.COMPLETED, TrialState.FAILED]))
    def finish(self, number: int, state: TrialState) -> None:
        end = End("Because", "it ended", state, self.now)
        first = self.runner.run(patiently(lambda: self.live.finish(UID, number, end)))
        assert first == (number not in self.ended)
        self.ended.add(number)

    @rule(
        number=trials,
        back=st.integers(0, 2),
        held=seconds_held,
        deleted=st.booleans(),
        disruption=st.sampled_from(["", "EvictionByEvictionAPI", "DeletionByTaintManager"]),
        code=st.sampled_from([None, 0, 137]),
    )
    def see(
        self,
        number: int,
        back: int,
        held: float,
        deleted: bool,
        disruption: str,
        code: int | None,
    ) -> None:
        """Note what is seen of an attempt, at times less than before: nothing is taken back."""
        attempt = max(1, self.attempts[number] - back)
        pod = f"{number}-{attempt}"
        seen = AttemptRecord(
            0, pod, gpus=2.0, held=held, deleted=deleted, disruption=disruption, exit_code=code
        )
        self.runner.run(patiently(lambda: self.live.note_attempt(UID, number, seen)))
        if number in self.ended:
            return
        before = self.seen.get((number, attempt), AttemptRecord(attempt, pod))
        self.seen[number, attempt] = AttemptRecord(
            attempt,
            pod,
            gpus=2.0,
            held=max(before.held, held),
            deleted=before.deleted or deleted,
            disruption=before.disruption or disruption,
            exit_code=code if before.exit_code is None else before.exit_code,
        )

    @rule(number=trials)
    def run_again(self, number: int) -> None:
        if number not in self.ended and self.attempts[number] < 3:
            self.attempts[number] += 1
            self.last.pop(number, None)
            self.runner.run(self._bind(number, self.attempts[number]))

    @rule()
    def end_all(self) -> None:
        """Bring the study to rest, which a random walk seldom does."""
        for number in NUMBERS:
            self.finish(number, TrialState.COMPLETED)

    @rule(upto=st.integers(0, 9))
    def sample(self, upto: int) -> None:
        self.runner.run(patiently(lambda: self.live.note_sampled(UID, upto)))
        self.sampled = max(self.sampled, upto)
        assert self.live.record(UID).sampled == self.sampled

    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        """What is known is the same, before anybody asks for more and after."""
        before = self.record()
        if not killed:
            # What is stored at rest follows the ending by a moment.
            self.runner.run(self._quiet())
        self.runner.run(self.store.close())
        self.runner.run(self._open())
        assert self.unasked == before
        assert self.record() == before

    async def _quiet(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    def record(self) -> StudyRecord:
        async def sound() -> StudyRecord:
            await patiently(lambda: self.live.attempt_of(UID, 0, "0-1"))
            return self.live.record(UID)

        return self.runner.run(sound())

    async def _settle(self) -> None:
        """Find out which of the unsure values were stored."""
        log = await self.log()
        stored = {key_of(seen): seen.value for seen in log.observations}
        for key in self.unsure:
            if key in stored:
                self.acknowledged.setdefault(key, stored[key])
        self.unsure = {}

    async def log(self) -> Log:
        await patiently(lambda: self.live.attempt_of(UID, 0, "0-1"))
        (row,) = await self.store.studies()
        return await self.store.log(row)

    @invariant()
    def the_store_has_what_was_acknowledged(self) -> None:
        if not hasattr(self, "live"):
            return
        log = self.runner.run(self.log())
        stored = [(key_of(seen), repr(seen.value)) for seen in log.observations]
        assert sorted(stored) == sorted(
            (key, repr(value)) for key, value in self.acknowledged.items()
        )
        assert {each.trial for each in log.ends} == self.ended
        assert self.live.record(UID).restraint == self.restraint
        seqs = [each.seq for each in (*log.observations, *log.ends, *log.changes)]
        assert len(set(seqs)) == len(seqs)
        self.check_decisions(log)

    @invariant()
    def what_was_seen_of_attempts_is_never_taken_back(self) -> None:
        if not hasattr(self, "live"):
            return
        record = self.record()
        for number in NUMBERS:
            mine = [self.seen[key] for key in sorted(self.seen) if key[0] == number]
            assert record.trial(number).attempts == tuple(mine)

    def check_decisions(self, log: Log) -> None:
        judge = judge_of(log.study.settings)
        expected = []
        for seq, verdict in replay(judge, log):
            named = [("", decision) for decision in verdict.decisions]
            for shadow, decision in named + list(verdict.shadows):
                expected.append((seq, shadow, decision))
        stored = [(each.seq, each.shadow, each.decision) for each in log.decisions]
        for found in (stored, expected):
            found.sort(key=lambda each: (*each[:2], each[2].trial))
        assert [each[:2] for each in stored] == [each[:2] for each in expected]
        # Not `==`: no two NaN of the evidence are equal.
        for (*_, came), (*_, due) in zip(stored, expected, strict=True):
            assert came.same_as(due), (came, due)
        prunes = {each.decision.trial for each in log.decisions if acts(each)}
        assert self.pruned == prunes
        record = self.live.record(UID)
        assert {n for n, trial in record.trials.items() if trial.prune is not None} == prunes

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.runner.run(self.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)


def acts(stored: Any) -> bool:
    return not stored.shadow and stored.decision.prunes


def key_of(seen: StoredObservation) -> Key:
    return (seen.trial, seen.attempt, seen.metric, seen.step)


TestLive = pytest.mark.usefixtures("ousting")(Live.TestCase)
TestLive.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
