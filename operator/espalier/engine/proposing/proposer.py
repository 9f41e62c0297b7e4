"""Works out what trials are to run, ahead where it can, and records it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from espalier.engine.proposing.draft import Basis, Draft, SeenPast
from espalier.engine.proposing.questioning import Asking, ProposalObserver
from espalier.engine.proposing.study_past import StudyPast
from espalier.engine.proposing.trust import Trust
from espalier.engine.proposing.worker import ChildWorker, Worker
from espalier.engine.reports.making import Making
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.priority_gate import PriorityGate
from espalier.engine.reports.study_writer import StudyWriter
from espalier.errors import RetryLater
from espalier.planning.proposing.ranges import text_of_ranges
from espalier.planning.world.study_search import Search

QUICK = 0.05
_AT_ONCE = 50
"""Ended trials that are taken in without letting the loop go."""
_NEEDED, _AHEAD = 0, 1


@dataclass(slots=True)
class _Prepared:
    """What is remembered of a study."""

    draft: Draft | None = None
    task: asyncio.Task[None] | None = None
    trust: Trust = field(default_factory=Trust)


class Proposer:
    """Works out proposals from what is known of studies, one after the other.

    What the next trial of a study is to run is worked out ahead, in memory, so that it is there
    when a slot becomes free. It is used although trials have ended since, where working it out anew
    would take long: it says on what it was based. What is recorded never changes.

    Parameters
    ----------
    live
        What is known of the studies.
    clock
        Seconds since the epoch.
    worker
        Where samplers that learn are asked.
    observe
        Told of what was proposed.
    quick
        Seconds: what is worked out so fast is worked out anew, rather than used once trials have
        ended since.
    """

    def __init__(
        self,
        live: OpenStudies,
        clock: Callable[[], float],
        worker: Worker | None = None,
        observe: ProposalObserver | None = None,
        *,
        quick: float = QUICK,
    ) -> None:
        self._live = live
        self._clock = clock
        self._worker = worker or ChildWorker()
        self._asking = Asking(self._worker, clock, observe)
        self._pasts: WeakKeyDictionary[StudyWriter, StudyPast] = WeakKeyDictionary()
        self._studies: dict[str, _Prepared] = {}
        self._turns = PriorityGate(1)
        self._quick = quick

    async def propose(self, study_uid: str, search: Search, number: int) -> None:
        """Work out what a trial is to run, and record it, unless it is recorded; then it is there.

        Raises
        ------
        RetryLater
            If the study is not open, or the store does not answer.
        """
        writer, making = self._live.known(study_uid)
        if number in making.proposals:
            return
        async with self._turns.turn(_NEEDED):
            draft = await self._drafted(study_uid, writer, making, search, number)
        await writer.settled()
        if not writer.sound:
            raise RetryLater("what the proposal was based on could not be stored; propose again")
        if number not in making.proposals:
            await making.note_proposal(draft.stored(self._clock()))

    def prepare(self, study_uid: str, search: Search, number: int) -> None:
        """Begin to work out what the next trial is to run, in memory; return at once."""
        study = self._of(study_uid)
        if study.task is None:
            work = self._work_ahead(study_uid, study, search, number)
            study.task = asyncio.get_running_loop().create_task(work)

    def fault(self, study_uid: str) -> str:
        """Return what a study's sampler said when it failed last; empty where it serves."""
        study = self._studies.get(study_uid)
        return "" if study is None else study.trust.words

    def forget(self, study_uid: str) -> None:
        """Drop what is remembered of a study."""
        study = self._studies.pop(study_uid, None)
        if study is not None and study.task is not None:
            study.task.cancel()

    async def close(self) -> None:
        """Let nothing be worked out any more."""
        for study_uid in list(self._studies):
            self.forget(study_uid)
        await self._worker.close()

    # -- drafts -------------------------------------------------------------------------------

    def _of(self, study_uid: str) -> _Prepared:
        return self._studies.setdefault(study_uid, _Prepared())

    async def _drafted(
        self, uid: str, writer: StudyWriter, making: Making, search: Search, number: int
    ) -> Draft:
        """Return a proposal to be used now: the one that is there, if it is good enough."""
        study = self._of(uid)
        seen = await self._seen(writer, making, search, number)
        draft = study.draft
        if draft is not None and draft.serves(seen.basis, self._quick):
            return draft
        study.draft = await self._asking.draft(seen, study.trust)
        return study.draft

    async def _work_ahead(self, uid: str, study: _Prepared, search: Search, number: int) -> None:
        try:
            writer, making = self._live.known(uid)
            async with self._turns.turn(_AHEAD):
                seen = await self._seen(writer, making, search, number)
                draft = study.draft
                if number in making.proposals or (draft and draft.basis.is_fresh(seen.basis)):
                    return
                began = time.monotonic()
                study.draft = await self._asking.draft(seen, study.trust)
                took = time.monotonic() - began
            # Of ends that come thick and fast most are passed over: half of the time is others'.
            await asyncio.sleep(took)
        except RetryLater:
            return  # It is worked out when it is needed.
        finally:
            study.task = None

    async def _seen(
        self, writer: StudyWriter, making: Making, search: Search, number: int
    ) -> SeenPast:
        """Return what a proposal is worked out from at this moment."""
        past = self._pasts.get(writer)
        if past is None or not past.holds:
            past = self._pasts[writer] = StudyPast(writer, making)
        while not past.catch_up(_AT_ONCE):
            await asyncio.sleep(0)
        running = past.running()
        basis = Basis(
            number=number,
            search=search,
            past=past.number,
            ended=len(past.pieces),
            begun=len(making.made.keys() | making.proposals.keys()),
            seq=writer.seq,
            besides=text_of_ranges(past.alone | {each.number for each in running}),
        )
        return SeenPast(basis, tuple(past.pieces), running)
