"""Which studies are in memory, with their judge or at rest without it, and which are being read.

A study without a judge is as well known as one with it; its log is read when somebody asks for
more. What is recorded is there all the time; whoever has something for a study that is being read
is told to come again: a judge in memory never advances while another is made in its place.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from espalier import __version__
from espalier.api import Study
from espalier.api.judging import exemption_of, judge_of, restraint_of, same_study, settings_of
from espalier.engine.reports.making import Making
from espalier.engine.reports.priority_gate import PriorityGate
from espalier.engine.reports.rebuild import rebuild
from espalier.engine.reports.study_writer import StudyWriter
from espalier.errors import EspalierError, RetryLater
from espalier.planning.world.pruner_lookup import PrunerFound, pruner_lookup_of
from espalier.planning.world.record import (
    MadeTrial,
    StudyRecord,
    best_completed,
    confirmed_leaders,
)
from espalier.planning.world.trial_records import TrialRecords
from espalier.pruning import Decision, Restraint, Will, Wish
from espalier.store import Batch, Store, StudyRow

_LOG = logging.getLogger(__name__)
SIDE_BY_SIDE = 2
"""Logs that are read at the same time: each holds one judge that nobody uses yet."""
AWAITED, OTHER = 0, 1


@dataclass(slots=True)
class Resting:
    """A study that is known without its judge."""

    row: StudyRow
    record: StudyRecord


class StudiesRead(NamedTuple):
    """How many studies are being read or wait for it, and the seconds since a piece was read."""

    studies: int
    idle: float


class Shelf:
    """Holds the studies; every method belongs to the event loop that the store was opened in.

    Parameters
    ----------
    store : Store
        Where the logs are.
    on_prune : callable
        Called with the Study's uid and the trial's number as soon as a Prune is durable.
    clock : callable
        Seconds since the epoch.
    on_read : callable
        Called with a study once it has been read.
    patience : float or None
        Seconds that `open` waits for a study to be read; None: as long as it takes.
    rest_after : float
        Seconds after which a study at rest loses its judge.
    """

    def __init__(
        self,
        store: Store,
        on_prune: Callable[[str, int], None],
        clock: Callable[[], float],
        on_read: Callable[[StudyRow], None],
        patience: float | None,
        rest_after: float,
    ) -> None:
        self._store = store
        self._on_prune = on_prune
        self._clock = clock
        self._on_read = on_read
        self._patience = patience
        self._rest_after = rest_after
        self._live: dict[str, StudyWriter] = {}
        self._resting: dict[str, Resting] = {}
        self._making: dict[str, Making] = {}
        self._reading: dict[str, asyncio.Task[StudyWriter | Resting]] = {}
        # Read without anybody having asked for more than what is recorded.
        self._unasked: set[str] = set()
        self._turns = PriorityGate(SIDE_BY_SIDE)
        self._progress = time.monotonic()

    # -- what is there ------------------------------------------------------------------------

    def opened(self) -> frozenset[str]:
        """Return the uids of the studies that are known."""
        return frozenset(self._live.keys() | self._resting.keys())

    def record(self, uid: str) -> StudyRecord:
        """Return what is durable of a study; empty while it is not known."""
        if (study := self._live.get(uid)) is not None:
            return self._whole(study.row, study.record())
        resting = self._resting.get(uid)
        if resting is None:
            return StudyRecord(uid)
        return self._whole(resting.row, resting.record)

    def _whole(self, row: StudyRow, record: StudyRecord) -> StudyRecord:
        making = self._making[row.uid]
        return replace(
            record,
            made=making.made,
            proposals=making.proposals,
            proposed_last=making.proposed_last,
            exhausted=making.exhausted,
            closed=making.closed,
            earlier=making.taken_over,
            pruner=PrunerFound.of(row.settings.found),
        )

    def making(self, uid: str) -> Making:
        """Return what was made for a study.

        Raises
        ------
        RetryLater
            If the study is not known.
        """
        making = self._making.get(uid)
        if making is None:
            raise RetryLater("this study is not open yet", after=1)
        return making

    def reading(self) -> StudiesRead:
        """Tell what is being read."""
        if not self._reading:
            return StudiesRead(0, 0.0)
        return StudiesRead(len(self._reading), time.monotonic() - self._progress)

    def get(self, uid: str) -> StudyWriter:
        """Return a study with its judge, in step with the store.

        Raises
        ------
        RetryLater
            If it is not: it is being read then, if it is known at all.
        """
        study = self._live.get(uid)
        self._unasked.discard(uid)
        if uid not in self._reading:
            if study is not None and study.sound:
                return study
            self._store.ready()
            if study is not None:
                self._begin(uid, self._again(study))
            elif (resting := self._resting.get(uid)) is not None:
                self._begin(uid, self._wake(resting))
            else:
                raise RetryLater("this study is not open yet; send again", after=1)
        raise RetryLater("the study is being read; send again", after=0.5)

    # -- what comes and goes ------------------------------------------------------------------

    async def open(self, study: Study, *, started: bool = True) -> None:
        """Open a study, and record what it says; its settings may change while it has no value.

        Raises
        ------
        SpecError
            If the study's pruner cannot be built.
        RetryLater
            If the store does not answer, or reading takes longer than the patience.
        """
        await self._opened(study, started)
        if (making := self._making.get(study.metadata.uid)) is not None:
            await making.note_spec(study, self._clock())

    async def _opened(self, study: Study, started: bool) -> None:
        uid = study.metadata.uid
        reading = self._reading.get(uid)
        if reading is None:
            live = self._live.get(uid)
            if uid in self._resting:
                return
            if live is not None and (live.seq or same_study(live.row.settings, settings_of(study))):
                return
            reading = self._begin(uid, self._open(study, live, started))
        # Others may wait for the same task: it goes on whoever is cancelled.
        await asyncio.wait([reading], timeout=self._patience)
        if not reading.done() or reading.cancelled():
            raise RetryLater("the study's log is being read", after=1)
        self._read_out(uid, reading)  # It may have been done at the last moment.
        reading.result()

    async def read_running(self, wanted: Callable[[StudyRow], bool]) -> None:
        """Begin to read the studies of which a trial is running; the shortest log is read first.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        for row in await self._store.running():
            if wanted(row) and row.uid not in self._reading and row.uid not in self.opened():
                self._begin(row.uid, self._read(row, AWAITED))

    async def close(self, uid: str, proof: str) -> None:
        """Forget a study in memory, and mark it closed in the store."""
        task = self._reading.pop(uid, None)
        if task is not None:
            task.cancel()
        self._live.pop(uid, None)
        self._resting.pop(uid, None)
        self._unasked.discard(uid)
        self._making.pop(uid, None)
        await self._store.close_study(uid, at=self._clock(), proof=proof)

    async def note_sampled(self, uid: str, upto: int) -> None:
        """Note that the numbers below this have been sampled; durable when it returns.

        Raises
        ------
        RetryLater
            If the study is not known, or the store does not answer.
        """
        resting = self._resting.get(uid)
        if resting is None or uid in self._reading:
            commit = self.get(uid).note_sampled(upto)
            if commit is not None:
                await asyncio.shield(commit)
        elif upto > resting.record.sampled:
            await asyncio.shield(self._store.commit(Batch(resting.row.id, sampled=upto)))
            most = max(upto, resting.record.sampled)
            resting.record = replace(resting.record, sampled=most)

    async def note_made(self, uid: str, trials: Iterable[tuple[int, MadeTrial]]) -> None:
        """Record what trials were made as; durable when it returns.

        Raises
        ------
        RetryLater
            If the study is not known, or the store does not answer.
        """
        await self.making(uid).note(trials)

    async def note_found(self, uid: str, found: Mapping[str, Any]) -> None:
        """Record what a study's pruner names elsewhere, unless it has values; durable afterwards.

        Raises
        ------
        SpecError
            If no judge can be built with it.
        RetryLater
            If the study is being read, or the store does not answer.
        """
        study = self.get(uid)
        if not study.seq and study.row.settings.found != found:
            await asyncio.shield(self._begin(uid, self._with_found(study, found)))

    async def _with_found(self, old: StudyWriter, found: Mapping[str, Any]) -> StudyWriter:
        await old.settled()
        if old.seq or not old.sound:
            return old
        row, settings = old.row, replace(old.row.settings, found=found)
        judge_of(settings)
        changed = await self._store.open_study(
            row.uid, row.namespace, row.name, settings, at=self._clock(), version=__version__
        )
        return await self._read(changed, AWAITED)

    async def take_course(
        self, uid: str, restraint: Restraint, wishes: Sequence[Wish] = ()
    ) -> None:
        """Let people hold pruning back, and prune trials; durable when it returns.

        Nothing is judged in a study at rest: there nothing holds pruning back, and it is to be
        asked again when one of its trials goes on, before that may report. A trial that has not
        begun is pruned there, too.

        Raises
        ------
        RetryLater
            If the study is being read, or the store does not answer.
        """
        live = self._live.get(uid)
        if not any(wish.will is Will.PRUNE for wish in wishes) and (
            live is None or live.restraint == restraint == live.judge.restraint
        ):
            return
        commit = self.get(uid).take_course(restraint, wishes, self._clock())
        if commit is not None:
            await asyncio.shield(commit)

    # -- reading ------------------------------------------------------------------------------

    def _begin(
        self, uid: str, work: Coroutine[Any, Any, StudyWriter | Resting]
    ) -> asyncio.Task[StudyWriter | Resting]:
        """Let one task read a study's log, however many wait for it."""
        if not self._reading:
            self._progress = time.monotonic()
        task = self._reading[uid] = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda done: self._read_out(uid, done))
        return task

    def _read_out(self, uid: str, done: asyncio.Task[StudyWriter | Resting]) -> None:
        if self._reading.get(uid) is not done:
            return
        del self._reading[uid]
        self._went_on()
        if done.cancelled():
            return
        if (error := done.exception()) is not None:
            trace = None if isinstance(error, EspalierError) else error
            _LOG.warning("study %s: reading it failed: %s", uid, error, exc_info=trace)
            return
        found = done.result()
        if isinstance(found, Resting):
            self._resting[uid] = found
        else:
            self._resting.pop(uid, None)
            self._live[uid] = found
            found.settle()
            if found.at_rest:
                self._rest_later(uid)
        self._on_read(found.row)

    async def _open(
        self, study: Study, old: StudyWriter | None, started: bool
    ) -> StudyWriter | Resting:
        if old is not None:
            await old.settled()
            if old.seq or not old.sound:
                return old
        meta = study.metadata
        settings = settings_of(study)
        names = pruner_lookup_of(study.spec) is not None
        if names and (known := await self._store.study(meta.uid)) is not None:
            settings = replace(settings, found=known.settings.found)
        row = await self._store.open_study(
            meta.uid,
            meta.namespace,
            meta.name,
            settings,
            at=self._clock(),
            version=__version__,
            adopt=not started,
        )
        await self._know_making(row)
        rest = await self._store.rest(row) if old is None else None
        if rest is None:
            self._unasked.add(row.uid)
            return await self._read(row, OTHER)
        trials, summary, restraint = rest
        record = StudyRecord(
            uid=row.uid,
            trials=TrialRecords(trials.values()),
            best=best_completed(trials, row.terms.direction),
            summary=summary,
            sampled=row.sampled,
            restraint=restraint or restraint_of(row.settings),
            exempt=frozenset(filter(exemption_of(row.settings), trials)),
            leaders=confirmed_leaders(summary, trials),
        )
        return Resting(row, record)

    async def _know_making(self, row: StudyRow) -> None:
        if row.uid not in self._making:
            self._making[row.uid] = await Making.read(row, self._store)

    async def _wake(self, resting: Resting) -> StudyWriter:
        return await self._read(resting.row, AWAITED)

    async def _again(self, study: StudyWriter) -> StudyWriter:
        row = study.row
        _LOG.warning("study %s/%s: reading its log again", row.namespace, row.name)
        await study.settled()
        # What it recorded is true; its judge, which is not, makes room for the next one.
        self._resting[row.uid] = Resting(row, study.record())
        self._live.pop(row.uid, None)
        return await self._read(row, AWAITED)

    async def _read(self, row: StudyRow, rank: int) -> StudyWriter:
        await self._know_making(row)
        length = await self._store.length(row)
        async with self._turns.turn(rank, length):
            return await rebuild(
                row,
                self._store,
                self._pruner_of(row.uid),
                lambda: self._rest_later(row.uid),
                self._went_on,
            )

    def _went_on(self) -> None:
        self._progress = time.monotonic()

    def _pruner_of(self, uid: str) -> Callable[[int, Decision], None]:
        return lambda number, _decision: self._on_prune(uid, number)

    # -- rest ---------------------------------------------------------------------------------

    def _rest_later(self, uid: str) -> None:
        study = self._live.get(uid)
        loop = asyncio.get_running_loop()
        delay = 0.0 if uid in self._unasked else self._rest_after
        loop.call_later(delay, lambda: self._let_rest(uid, study))

    def _let_rest(self, uid: str, study: StudyWriter | None) -> None:
        """Take the judge from a study that is still at rest."""
        if study is None or self._live.get(uid) is not study or uid in self._reading:
            return
        if study.at_rest:
            self._resting[uid] = Resting(study.row, study.record())
            self._unasked.discard(uid)
            del self._live[uid]
