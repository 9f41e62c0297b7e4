"""Whatever comes in whatever order: a replay of the log comes to the proposals that were stored.

Values also come late, trials are made by hand, the store fails, the operator restarts, and what
restarts may be another version whose pruner decides otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy.exc import OperationalError

from espalier.api import space_of
from espalier.api.judging import JudgeSettings, judge_of
from espalier.backtest import replayed_proposals
from espalier.backtest.replay import replay
from espalier.engine.proposing.proposer import Proposer
from espalier.engine.reports import rebuild
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding, CheckedBatch, CheckedReport
from espalier.errors import ReportError, RetryLater
from espalier.planning.world.record import End, MadeTrial, Origin
from espalier.planning.world.study_search import Search, search_of
from espalier.pruning import Judge, TrialState
from espalier.search import BranchRule, TellPruned
from espalier.store import open_store
from espalier.store.sqlite.export import read_log
from espalier.study_log.read_lines import read_lines
from espalier.study_log.write_lines import lines
from tests.engine.asking import patiently
from tests.engine.proposing.digesting import Digesting
from tests.engine.proposing.inline import InlineWorker
from tests.ingest.serving import UID, study_of

HAND_MADE = 1_000_000
STRICT = {"pruner": {"type": "Threshold", "threshold": {"lower": 0.45}}}
PARAMETERS = [
    {"name": "lr", "float": {"min": 0.1, "max": 1.0}},
    {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
    {
        "name": "momentum",
        "float": {"min": 0.0, "max": 1.0},
        "when": {"parameter": "optimizer", "in": ["sgd"]},
    },
]
STUDY = study_of(
    {"type": "Threshold", "threshold": {"lower": 0.3}},
    pruning={"keepBest": 0},
    parameters=PARAMETERS,
)
numbers = st.integers(0, 30)
reports = st.builds(
    CheckedReport,
    metric=st.sampled_from(["val_accuracy", "val_accuracy", "loss"]),
    step=st.integers(0, 29),
    value=st.sampled_from([0.2, 0.4, 0.5, 0.7, 0.9, math.nan]),
)
tells = st.sampled_from(TellPruned)


def searching(tell_pruned: TellPruned) -> Search:
    search = search_of(STUDY.spec, space_of(STUDY.spec.parameters))
    return replace(search, sampler=Digesting(), tell_pruned=tell_pruned)


class Proposing(RuleBasedStateMachine):
    """A study whose trials are proposed, and its log."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.now = 1000.0
        self.begun: list[int] = []
        self.attempts: dict[int, int] = {}
        self.next = 0
        self.judge_of = rebuild.judge_of

    @initialize(tell_pruned=tells, quick=st.sampled_from([0.0, 1000.0]))
    def open(self, tell_pruned: TellPruned, quick: float) -> None:
        self.search, self.quick = searching(tell_pruned), quick
        self.runner.run(self._open())

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/espalier.db"

    async def _open(self) -> None:
        self.store = await open_store(self.url)
        self.live = OpenStudies(self.store, lambda *_: None, clock=lambda: self.now)
        await self.live.open(STUDY)
        now = lambda: self.now  # noqa: E731
        self.proposer = Proposer(self.live, now, InlineWorker(), quick=self.quick)
        for number in self.begun:
            await self._bind(number)

    async def _bind(self, number: int) -> None:
        attempt = self.attempts.setdefault(number, 1)
        for each in range(1, attempt + 1):
            pod = f"{number}-{each}"
            ordinal = await patiently(lambda pod=pod: self.live.attempt_of(UID, number, pod))
            trial = f"digits-{number}"
            self.live.bind(Binding(pod, "research", pod, UID, trial, number, ordinal))

    def trial(self, which: int) -> int | None:
        return self.begun[which % len(self.begun)] if self.begun else None

    def begin(self, number: int) -> None:
        self.begun.append(number)
        self.runner.run(self._bind(number))

    @rule()
    def propose(self) -> None:
        number, self.next = self.next, self.next + 1
        ask = lambda: self.proposer.propose(UID, self.search, number)  # noqa: E731
        self.runner.run(patiently(ask))
        self.begin(number)

    @rule(turns=st.integers(0, 30))
    def prepare(self, turns: int) -> None:
        """Have the next trial worked out ahead, and be done with that or not."""
        self.runner.run(self._prepare(turns))

    async def _prepare(self, turns: int) -> None:
        self.proposer.prepare(UID, self.search, self.next)
        for _ in range(turns):
            await asyncio.sleep(0)

    @rule(x=st.floats(0.1, 1.0), sampled=st.booleans())
    def make(self, x: float, sampled: bool) -> None:
        """Make a trial without a proposal: by hand, or as earlier versions sampled."""
        number = self.next if sampled else HAND_MADE + len(self.begun)
        self.next += sampled
        made = MadeTrial(
            f"digits-{number}", json.dumps({"lr": x, "optimizer": "adam"}), Origin.HAND_MADE
        )
        self.runner.run(self.live.note_made(UID, [(number, made)]))
        self.begin(number)

    @rule(which=numbers)
    def record_made(self, which: int) -> None:
        """Record a proposed trial as it was made: the API server has changed how it is written."""
        number = self.trial(which)
        proposal = self.live.record(UID).proposals.get(-1 if number is None else number)
        if proposal is not None and number is not None:
            made = MadeTrial(f"digits-{number}", json.dumps(proposal.parameters), Origin.SAMPLED)
            self.runner.run(self.live.note_made(UID, [(number, made)]))

    @rule(which=numbers, x=st.floats(0.1, 1.0))
    def make_again(self, which: int, x: float) -> None:
        """Delete a Trial that somebody made by hand, and make another one under its number."""
        number = self.trial(which)
        if number is None or number in self.live.record(UID).proposals:
            return
        parameters = json.dumps({"lr": x, "optimizer": "sgd"})
        made = MadeTrial(f"digits-{number}", parameters, Origin.HAND_MADE, created_at=x)
        self.runner.run(self.live.note_made(UID, [(number, made)]))

    @rule(which=numbers, sent=st.lists(reports, min_size=1, max_size=4), again=st.booleans())
    def report(self, which: int, sent: list[CheckedReport], again: bool) -> None:
        number = self.trial(which)
        if number is None:
            return
        if again and self.attempts[number] < 3:
            self.attempts[number] += 1
            self.runner.run(self._bind(number))
        batch = CheckedBatch(f"research/digits-{number}", tuple(sent))
        pod = f"{number}-{self.attempts[number]}"
        with contextlib.suppress(ReportError):
            submit = lambda: self.live.submit(pod, batch, present=False)  # noqa: E731
            self.runner.run(patiently(submit))

    @rule(which=numbers, state=st.sampled_from([*TrialState][1:]))
    def finish(self, which: int, state: TrialState) -> None:
        if (number := self.trial(which)) is not None:
            end = End("Because", "it ended", state, self.now)
            self.runner.run(patiently(lambda: self.live.finish(UID, number, end)))

    @rule(branches=st.none() | st.builds(BranchRule, st.sampled_from([0.05, 0.5]), st.just(5)))
    def close_branches(self, branches: BranchRule | None) -> None:
        """Change the rule, which a Study may do at any time."""
        self.search = replace(self.search, branches=branches)

    @rule(which=numbers)
    def fail_amid(self, which: int) -> None:
        """The disk is full while a trial ends and the next one is proposed."""
        if (number := self.trial(which)) is not None:
            self.runner.run(self._fail_amid(number))

    async def _fail_amid(self, number: int) -> None:
        group, write = self.store._group, self.store._writer.write

        def full(_batches: object) -> dict[int, Exception]:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

        group._write = full
        end = End("Because", "it ended", TrialState.COMPLETED, self.now)
        ending = asyncio.ensure_future(self.live.finish(UID, number, end))
        await asyncio.sleep(0)
        proposing = asyncio.ensure_future(self.proposer.propose(UID, self.search, self.next))
        done = await asyncio.gather(ending, return_exceptions=True)
        group._write = write
        group._resume_at = 0.0
        done += await asyncio.gather(proposing, return_exceptions=True)
        assert all(each is None or isinstance(each, bool | RetryLater) for each in done), done
        await patiently(lambda: self.live.attempt_of(UID, number, f"{number}-1"))

    @rule(upgraded=st.booleans())
    def restart(self, upgraded: bool) -> None:
        rebuild.judge_of = strict_judge if upgraded else self.judge_of
        self.runner.run(self.proposer.close())
        self.runner.run(self.store.close())
        self.runner.run(self._open())

    def teardown(self) -> None:
        rebuild.judge_of = self.judge_of
        if hasattr(self, "live"):
            self.runner.run(self.proposer.close())
            self.runner.run(self.store.close())
            self.check()
        self.runner.close()
        shutil.rmtree(self.folder)

    def check(self) -> None:
        log = read_log(self.url, "research", "digits")
        assert log is not None
        written = list(lines(log))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(replayed_proposals, "search_of", lambda *_: self.search)
            found = replay(read_lines(written, "log"), "log").proposals
        assert found.differences == found.of_other_versions == ()
        assert found.recomputed == sum('"kind":"proposal"' in each for each in written)


def strict_judge(recorded: JudgeSettings) -> Judge:
    return judge_of(JudgeSettings.from_dict(recorded.to_dict() | STRICT, UID))


TestProposing = Proposing.TestCase
TestProposing.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
