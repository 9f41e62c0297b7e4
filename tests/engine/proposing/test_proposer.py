"""What is worked out ahead is used while it may be; a sampler that fails holds nothing up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from espalier.api import space_of
from espalier.engine.proposing.messages import Answer
from espalier.engine.proposing.proposer import Proposer
from espalier.engine.proposing.worker import Question
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import RetryLater
from espalier.planning.world.record import End, MadeTrial, Origin
from espalier.planning.world.study_search import Search, search_of
from espalier.pruning import TrialState
from espalier.search import Random, Sampler
from espalier.store import Store, StoredProposal, open_store
from tests.engine.proposing.digesting import Digesting
from tests.engine.proposing.gone_wrong import GoneWrong
from tests.engine.proposing.inline import InlineWorker
from tests.ingest.serving import UID, study_of

STUDY = study_of({"type": "Nop"})
SLOW, QUICK = 0.0, 1000.0
"""What is worked out within so many seconds is worked out anew: nothing, or all."""


class Counting(InlineWorker):
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def propose(self, job: Question) -> Answer:
        """Take a moment, and answer."""
        self.asked.append(job.ask.number)
        await asyncio.sleep(0)
        return await super().propose(job)


class Observed:
    """What was told of proposals."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.failed: list[tuple[str, str]] = []

    def proposal_made(self, sampler: str, seconds: float) -> None:
        self.made.append(sampler)

    def sampler_failed(self, sampler: str, how: str) -> None:
        self.failed.append((sampler, how))


class Studying:
    """A study, and what proposes for it."""

    def __init__(self, store: Store, live: OpenStudies, quick: float) -> None:
        self.store, self.live = store, live
        self.worker, self.observed = Counting(), Observed()
        self.proposer = Proposer(live, lambda: 1000.0, self.worker, self.observed, quick=quick)

    def search(self, sampler: Sampler) -> Search:
        found = search_of(STUDY.spec, space_of(STUDY.spec.parameters))
        return replace(found, sampler=sampler)

    async def ahead(self, number: int, sampler: Sampler | None = None) -> None:
        """Prepare a trial, until that is done."""
        self.proposer.prepare(UID, self.search(sampler or Digesting()), number)
        task = self.proposer._studies[UID].task
        assert task is not None
        await task

    async def propose(self, number: int, sampler: Sampler | None = None) -> None:
        await self.proposer.propose(UID, self.search(sampler or Digesting()), number)

    async def end(self, number: int) -> None:
        end = End("Completed", "", TrialState.COMPLETED, 1.0)
        await self.live.finish(UID, number, end)

    async def stored(self) -> list[StoredProposal]:
        (row,) = await self.store.studies()
        return await self.store.proposals(row)


def with_study(
    folder: Path,
    story: Callable[[Studying], Awaitable[None]],
    quick: float = QUICK,
    rest_after: float = 300.0,
) -> None:
    async def run() -> None:
        store = await open_store(f"sqlite:///{folder}/espalier.db")
        live = OpenStudies(store, lambda *_: None, clock=lambda: 1000.0, rest_after=rest_after)
        await live.open(STUDY)
        studying = Studying(store, live, quick)
        try:
            await story(studying)
        finally:
            await studying.proposer.close()
            await store.close()

    asyncio.run(run())


@pytest.mark.parametrize("quick", [SLOW, QUICK])
def test_what_was_prepared_is_used_while_nothing_has_ended(tmp_path: Path, quick: float) -> None:
    async def story(at: Studying) -> None:
        await at.propose(0)
        await at.ahead(1)
        await at.ahead(1)
        await at.propose(1)
        assert at.worker.asked == [0, 1]

    with_study(tmp_path, story, quick)


@pytest.mark.parametrize(("quick", "asked"), [(SLOW, [0, 1]), (QUICK, [0, 1, 1])])
def test_once_a_trial_has_ended_it_is_used_where_another_would_take_long(
    tmp_path: Path, quick: float, asked: list[int]
) -> None:
    async def story(at: Studying) -> None:
        await at.propose(0)
        await at.ahead(1)
        await at.end(0)
        await at.propose(1)
        assert at.worker.asked == asked
        assert [(each.trial, each.besides) for each in await at.stored()] == [
            (0, ""),
            (1, "0" if quick == SLOW else ""),
        ]

    with_study(tmp_path, story, quick)


def test_an_end_has_it_worked_out_anew_ahead_of_time(tmp_path: Path) -> None:
    async def story(at: Studying) -> None:
        await at.propose(0)
        await at.ahead(1)
        await at.end(0)
        await at.ahead(1)
        await at.propose(1)
        assert at.worker.asked == [0, 1, 1]

    with_study(tmp_path, story, SLOW)


def test_what_was_prepared_is_not_used_once_another_trial_has_begun(tmp_path: Path) -> None:
    async def story(at: Studying) -> None:
        await at.ahead(0)
        made = MadeTrial("mine", '{"lr":0.5}', Origin.HAND_MADE)
        await at.live.note_made(UID, [(1_000_000, made)])
        await at.propose(0)
        assert at.worker.asked == [0, 0]
        (proposal,) = await at.stored()
        assert proposal.besides == "1000000"

    with_study(tmp_path, story, SLOW)


def test_what_is_recorded_is_not_proposed_again_and_nothing_prepared_is_recorded(
    tmp_path: Path,
) -> None:
    async def story(at: Studying) -> None:
        await at.ahead(0)
        assert await at.stored() == []
        await at.propose(0)
        first = await at.stored()
        await at.propose(0, Digesting())
        assert await at.stored() == first
        assert at.worker.asked == [0]

    with_study(tmp_path, story)


def test_samplers_of_ours_that_do_not_learn_are_asked_without_a_process(tmp_path: Path) -> None:
    async def story(at: Studying) -> None:
        await at.propose(0, Random())
        assert at.worker.asked == []
        (proposal,) = await at.stored()
        assert (proposal.source, proposal.versions) == ("Random", "")
        assert at.observed.made == ["Random"]

    with_study(tmp_path, story)


def test_a_sampler_that_fails_is_replaced_by_chance_and_said_until_it_serves(
    tmp_path: Path,
) -> None:
    async def story(at: Studying) -> None:
        await at.propose(0, GoneWrong(way="raises"))
        assert at.proposer.fault(UID) == "RuntimeError: no idea at all"
        assert at.observed.failed == [("GoneWrong", "Raised")]
        await at.propose(1, GoneWrong(way="raises", first=2))
        assert at.proposer.fault(UID) == ""
        assert [each.source for each in await at.stored()] == [
            "Random instead of GoneWrong",
            "GoneWrong",
        ]
        record = at.live.record(UID)
        assert record.proposed_last == 1

    with_study(tmp_path, story)


def test_a_study_at_rest_is_read_before_anything_is_proposed(tmp_path: Path) -> None:
    """As where trials.max is raised of a study that is over."""

    async def story(at: Studying) -> None:
        await at.propose(0)
        await at.end(0)
        while UID not in at.live._shelf._resting:
            await asyncio.sleep(0.01)
        await at.ahead(1)
        while len(await at.stored()) < 2:
            try:
                await at.propose(1)
            except RetryLater:
                await asyncio.sleep(0.01)
        assert [each.trial for each in await at.stored()] == [0, 1]

    with_study(tmp_path, story, rest_after=1.0)


def test_a_study_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    async def story(at: Studying) -> None:
        at.proposer.prepare(UID, at.search(Digesting()), 0)
        at.proposer.forget(UID)
        at.proposer.forget("another")
        assert at.proposer.fault(UID) == ""
        await asyncio.sleep(0)
        assert at.worker.asked == []

    with_study(tmp_path, story)
