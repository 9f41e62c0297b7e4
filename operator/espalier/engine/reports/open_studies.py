"""The studies that are open: the way of every report, from a checked batch to its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, Protocol

from espalier.api import Study
from espalier.engine.reports.bindings import Bindings
from espalier.engine.reports.heard import HeardMessage, Hearings
from espalier.engine.reports.intake import Intake
from espalier.engine.reports.kept_output import MOST_ATTEMPTS, OutputMessage, output_row
from espalier.engine.reports.last_words import LastWords, deliver, parse_tail
from espalier.engine.reports.limits import LimitReached, ValueLimits
from espalier.engine.reports.loop_share import LoopShare
from espalier.engine.reports.making import Making
from espalier.engine.reports.reading_source import read_source
from espalier.engine.reports.shelf import Shelf, StudiesRead
from espalier.engine.reports.storable import check_number, check_pod, storable_attempt, storable_end
from espalier.engine.reports.study_writer import StudyWriter
from espalier.engine.reports.submission import Acknowledgement, Binding, CheckedBatch
from espalier.engine.reports.taking import Taking
from espalier.errors import ReportError, RetryLater
from espalier.planning.proposing.taking_over import SourceStudy
from espalier.planning.world.heard import Heard
from espalier.planning.world.record import AttemptRecord, End, MadeTrial, StudyRecord
from espalier.pruning import Decision, Receipt, Restraint, Wish
from espalier.steady_clock import SteadyClock
from espalier.store import Batch, Store, StoredEarlier, StudyRow


class ReportObserver(Protocol):
    """What the report path tells about itself; see `espalier.metrics`."""

    def values_received(self, namespace: str, study: str, receipt: str, count: int = 1) -> None:
        """`count` values of a study were treated alike."""

    def values_judged(self, namespace: str, study: str, seconds: float) -> None:
        """Values of a study were judged, which took so long."""

    def report_taken(self, namespace: str, study: str, seconds: float) -> None:
        """Values of a study were committed, so long after their post arrived."""

    def limit_reached(self, namespace: str, study: str, limit: str) -> None:
        """A post of a study was refused: `limit` is the field of `ValueLimits`."""

    def prune_decided(self, seconds: float, trial: str = "") -> None:
        """A decision to prune a trial was committed, so long after its report arrived."""


class _Unobserved:
    def values_received(self, namespace: str, study: str, receipt: str, count: int = 1) -> None:
        """Count nothing."""

    def values_judged(self, namespace: str, study: str, seconds: float) -> None:
        """Count nothing."""

    def report_taken(self, namespace: str, study: str, seconds: float) -> None:
        """Count nothing."""

    def limit_reached(self, namespace: str, study: str, limit: str) -> None:
        """Count nothing."""

    def prune_decided(self, seconds: float, trial: str = "") -> None:
        """Count nothing."""


class OpenStudies:
    """All open studies; every method belongs to the event loop that the store was opened in.

    Parameters
    ----------
    store : Store
        Where values, decisions and endings are made durable.
    on_prune : callable
        Called with the Study's uid and the trial's number as soon as a Prune is durable.
    clock : callable, optional
        Seconds since the epoch that never jump.
    observe : ReportObserver, optional
        Told of what came.
    limits : ValueLimits, optional
        What a trial and a study may take.
    share : LoopShare, optional
        Whose turn it is to judge; it has limits of its own.
    on_read, patience, rest_after
        See `Shelf`.
    """

    def __init__(
        self,
        store: Store,
        on_prune: Callable[[str, int], None],
        clock: Callable[[], float] | None = None,
        observe: ReportObserver | None = None,
        *,
        on_read: Callable[[StudyRow], None] = lambda _: None,
        patience: float | None = None,
        rest_after: float = 300.0,
        limits: ValueLimits | None = None,
        share: LoopShare | None = None,
    ) -> None:
        self._store = store
        clock = clock or SteadyClock()
        self._observe = observe or _Unobserved()
        self._shelf = Shelf(store, on_prune, clock, on_read, patience, rest_after)
        share = share or LoopShare(limits or ValueLimits())
        self._clock = clock
        self._intake = Intake(store, share, self._sound, clock, self._observe.values_judged)
        self._bindings = Bindings()
        self._hearings = Hearings()

    # -- studies ----------------------------------------------------------------------------

    async def open(self, study: Study, *, started: bool = True) -> None:
        """Open a study; later calls do nothing.

        Its log is read unless all its trials have ended: then it is read when somebody asks for
        more. What the judge depends on may change until the study has its first value. One that
        has not started may take over the rows of a backup.

        Raises
        ------
        SpecError
            If the study's pruner cannot be built.
        RetryLater
            If the store does not answer, or reading takes longer than the patience.
        """
        await self._shelf.open(study, started=started)

    async def read_running(self, wanted: Callable[[StudyRow], bool] = lambda _: True) -> None:
        """Begin to read the studies of which a trial is running, before anybody opens them.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        await self._shelf.read_running(wanted)

    def reading(self) -> StudiesRead:
        """Tell how many studies are being read or wait for it, and whether that goes on."""
        return self._shelf.reading()

    async def note_sampled(self, study_uid: str, upto: int) -> None:
        """Note that all numbers below ``upto`` have been given to Trials; it only grows.

        Raises
        ------
        RetryLater
            If the study is not open, or the store does not answer.
        """
        await self._shelf.note_sampled(study_uid, upto)

    async def note_made(self, study_uid: str, trials: Iterable[tuple[int, MadeTrial]]) -> None:
        """Record what trials were made as, by number; durable when it returns.

        Raises
        ------
        ReportError
            If the store could not take a number: it is no trial's.
        RetryLater
            If the study is not open, or the store does not answer.
        """
        await self._shelf.note_made(study_uid, trials)

    async def note_earlier(self, study_uid: str, earlier: StoredEarlier) -> None:
        """Record what a study has taken over from earlier ones; durable when it returns.

        Raises
        ------
        RetryLater
            If the study is not open, or the store does not answer.
        """
        await self._shelf.making(study_uid).note_earlier(earlier)

    async def note_found(self, study_uid: str, found: Mapping[str, Any]) -> None:
        """Record what a Study's pruner names elsewhere; its judge is made anew with that.

        Raises
        ------
        RetryLater
            If the study is being read, or the store does not answer.
        """
        await self._shelf.note_found(study_uid, found)

    async def source(
        self, path: str, namespace: str, name: str, besides: str
    ) -> SourceStudy | None:
        """Return an earlier study of this name, a deleted one where no other is there.

        Parameters
        ----------
        path
            The field that names it.
        besides
            Uid of a study that is not meant.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        return await read_source(self._store, path, namespace, name, besides)

    def known(self, study_uid: str) -> tuple[StudyWriter, Making]:
        """Return a study with its judge, and what was made for it.

        Raises
        ------
        RetryLater
            If the study is not open, or is being read.
        """
        return self._sound(study_uid), self._shelf.making(study_uid)

    async def take_course(
        self, study_uid: str, restraint: Restraint, wishes: Sequence[Wish] = ()
    ) -> None:
        """Let people hold a study's pruning back from the next value on, and prune its trials.

        It is a row of the log, so that a replay comes to the same decisions. See
        `Shelf.take_course`.

        Raises
        ------
        RetryLater
            If the study is being read, or the store does not answer.
        """
        await self._shelf.take_course(study_uid, restraint, wishes)

    async def close(self, uid: str, proof: str) -> None:
        """Forget a Study that was deleted; its rows stay for the store's retention time.

        Parameters
        ----------
        uid : str
            The Study's; opening it again before its rows go brings its history back.
        proof : str
            What showed that the Study is gone.
        """
        self._bindings.forget(uid)
        self._hearings.forget_study(uid)
        self._intake.forget(uid)
        await self._shelf.close(uid, proof)

    def opened(self) -> frozenset[str]:
        """Return the uids of the open studies."""
        return self._shelf.opened()

    def record(self, study_uid: str) -> StudyRecord:
        """Return what is durable of a study; empty while it is not open."""
        return self._shelf.record(study_uid)

    # -- pods -------------------------------------------------------------------------------

    def bind(self, binding: Binding, *, present: bool = True) -> None:
        """Let a pod report for its trial; see `Bindings.bind`."""
        check_pod(binding.number, binding.pod_uid)
        self._bindings.bind(binding, present=present)

    def bound(self) -> Set[str]:
        """Return the uids of all pods that may report, as they are at any moment."""
        return self._bindings.pods()

    def unbind(self, pod_uid: str) -> None:
        """Forget a pod that is gone."""
        self._bindings.unbind(pod_uid)

    def binding(self, pod_uid: str) -> Binding | None:
        """Return which trial a pod is of, None if it is not known."""
        return self._bindings.of(pod_uid)

    async def attempt_of(self, study_uid: str, number: int, pod_uid: str) -> int:
        """Return the ordinal of a pod among its trial's, from 1; the same after a restart.

        Raises
        ------
        ReportError
            If the store could not take the number or the uid: they are no trial's.
        RetryLater
            If the study is not open, or the store does not answer.
        """
        check_pod(number, pod_uid)
        ordinal, commit = self._sound(study_uid).attempt(number, pod_uid)
        await _durable(commit)
        return ordinal

    async def note_attempt(self, study_uid: str, number: int, seen: AttemptRecord) -> None:
        """Record what was seen of an attempt, known by its pod's uid; durable when it returns.

        Nothing that is recorded is taken back: seconds only grow, what is true stays true. Of a
        trial that has ended nothing more is recorded.

        Raises
        ------
        ReportError
            If the store could not take the number or the uid: they are no trial's.
        RetryLater
            If the study is not open, or the store does not answer.
        """
        check_pod(number, seen.pod_uid)
        await _durable(self._sound(study_uid).note_attempt(number, storable_attempt(seen)))

    # -- values and endings -----------------------------------------------------------------

    async def submit(
        self,
        pod_uid: str,
        batch: CheckedBatch,
        *,
        arrived: float | None = None,
        present: bool = True,
    ) -> Acknowledgement:
        """Store a batch and the decisions it causes; return once both are durable.

        Parameters
        ----------
        pod_uid : str
            The pod that sent it, by its token.
        batch : CheckedBatch
            What it sent.
        arrived : float, optional
            `time.perf_counter()` when it came, for the metrics.
        present : bool
            Whether the pod must be the one that runs the trial now; not so for what a pod left
            behind when it ended.

        Raises
        ------
        ReportError
            The batch is not for the pod's trial, contradicts what is stored, or is too much.
        RetryLater
            It is not certain to be durable: send it again.
        """
        binding = self._bindings.of(pod_uid)
        if binding is None:
            raise RetryLater("this pod is not known yet; send again", after=1)
        if present or batch.trial != binding.trial:
            self._bindings.check(binding, batch.trial)
        study = self._sound(binding.study_uid)
        try:
            taking = await self._intake.take(study, binding, batch)
        except ReportError as error:
            self._refused(study, error)
            raise
        await _durable(taking.commit)
        self._count(study, taking, binding, arrived)
        decision = await self._decision(study, binding, batch, taking)
        return Acknowledgement(taking.accepted, taking.repeated, decision, batch.reports[-1].step)

    async def submit_tail(self, pod_uid: str, message: str) -> LastWords:
        """Take what a pod left in its sidecar's termination message; may be repeated freely.

        Raises
        ------
        RetryLater
            Not all of it is durable: call again.
        """
        binding = self._bindings.of(pod_uid)
        if binding is None:
            raise RetryLater("this pod is not bound; bind it first")
        tail = parse_tail(message)
        if tail.heard:
            self._hearings.take(binding, tail.heard)
        return await deliver(
            tail, binding.trial, lambda batch: self.submit(pod_uid, batch, present=False)
        )

    def hear(self, pod_uid: str, message: HeardMessage) -> None:
        """Remember what a pod's sidecar says of its collectors: in memory, its newest word alone.

        Raises
        ------
        ReportError
            It is not for the pod's trial, or the pod not the trial's present one.
        RetryLater
            The pod is not known yet.
        """
        binding = self._bindings.of(pod_uid)
        if binding is None:
            raise RetryLater("this pod is not known yet; send again", after=1)
        self._bindings.check(binding, message.trial)
        self._hearings.take(binding, message.heard)

    async def keep_output(self, pod_uid: str, message: OutputMessage) -> int:
        """Store what a pod's trainer printed last; return how many characters that are.

        A repeat takes the place of what is there. Of an attempt beyond the tenth nothing is kept.

        Raises
        ------
        ReportError
            It is not for the pod's trial, or the namespace has used up its share of the store.
        RetryLater
            The pod is not known yet, or the store does not answer.
        """
        binding = self._bindings.of(pod_uid)
        if binding is None:
            raise RetryLater("this pod is not known yet; send again", after=1)
        self._bindings.check(binding, message.trial)
        if binding.attempt > MOST_ATTEMPTS:
            return 0
        study = self._sound(binding.study_uid)
        await self._intake.check_room(study)
        row = output_row(study.row.id, binding.number, binding.attempt, message, self._clock())
        await asyncio.shield(self._store.commit(Batch(study.row.id, outputs=[row])))
        return len(message.text)

    def heard(self, study_uid: str) -> Mapping[int, tuple[Heard, ...]]:
        """Return what the sidecars of a study's trials have said last, by the trials' numbers."""
        return self._hearings.of(study_uid)

    def _refused(self, study: StudyWriter, error: ReportError) -> None:
        row = study.row
        if error.status == 409:
            self._observe.values_received(row.namespace, row.name, Receipt.CONTRADICTED)
        if isinstance(error, LimitReached):
            self._observe.limit_reached(row.namespace, row.name, error.limit)

    def _count(
        self, study: StudyWriter, taken: Taking, binding: Binding, arrived: float | None
    ) -> None:
        for receipt, count in taken.receipts.items():
            self._observe.values_received(study.row.namespace, study.row.name, receipt, count)
        if arrived is None:
            return
        took = time.perf_counter() - arrived
        self._observe.report_taken(study.row.namespace, study.row.name, took)
        if taken.pruned:
            self._observe.prune_decided(took, binding.trial)

    async def _decision(
        self,
        study: StudyWriter,
        binding: Binding,
        batch: CheckedBatch,
        taken: Taking,
    ) -> Decision | None:
        """Return what the answer says; for a batch sent again the same as the first time."""
        decision = taken.decision
        if taken.accepted or decision is None or decision.prunes:
            return decision
        terms = study.row.terms
        mine = (report.step for report in batch.reports if report.metric == terms.metric)
        judged = [terms.within(step) if terms.clamps else step for step in mine]
        if not judged or (decision.step, decision.attempt) == (judged[-1], binding.attempt):
            return decision
        stored = await self._store.decision(
            study.row.id, binding.number, binding.attempt, judged[-1]
        )
        return decision if stored is None else stored.decision

    async def finish(self, study_uid: str, number: int, end: End) -> bool:
        """Record how a trial ended; False if that is recorded already. Durable when it returns.

        Raises
        ------
        ReportError
            If the store could not take the number: it is no trial's.
        RetryLater
            If the study is not open, or the store does not answer.
        """
        check_number(number)
        first, commit = self._sound(study_uid).finish(number, storable_end(end))
        await _durable(commit)
        self._hearings.forget(study_uid, number)
        return first

    def _sound(self, uid: str) -> StudyWriter:
        return self._shelf.get(uid)


async def _durable(commit: asyncio.Future[None] | None) -> None:
    # Shielded: whoever waits may be cancelled, the commit goes on.
    if commit is not None:
        await asyncio.shield(commit)
