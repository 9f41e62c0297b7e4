"""The studies that are open: the way of every report, from a checked batch to its answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from espalier import __version__
from espalier.api import Study
from espalier.api.judging import settings_of
from espalier.engine.bindings import Bindings
from espalier.engine.intake import Intake
from espalier.engine.limits import LimitReached, ValueLimits
from espalier.engine.live_study import LiveStudy
from espalier.engine.loop_share import LoopShare
from espalier.engine.rebuild import rebuild
from espalier.engine.submission import Answer, Binding, CheckedBatch
from espalier.engine.tail import Tail, deliver
from espalier.engine.taking import Taking
from espalier.errors import ReportError, RetryLater
from espalier.planning.record import End, StudyRecord
from espalier.pruning import Decision, Receipt
from espalier.store import Store

_LOG = logging.getLogger(__name__)


class ReportObserver(Protocol):
    """What the report path tells about itself; see `espalier.metrics`."""

    def values_received(self, namespace: str, study: str, receipt: str, count: int = 1) -> None:
        """`count` values of a study were treated alike."""

    def values_judged(self, namespace: str, study: str, seconds: float) -> None:
        """Values of a study were judged, which took so long."""

    def limit_reached(self, namespace: str, study: str, limit: str) -> None:
        """A post of a study was refused: `limit` is the field of `ValueLimits`."""

    def prune_decided(self, seconds: float) -> None:
        """A decision to prune was committed, so long after its report arrived."""


class _Unobserved:
    def values_received(self, namespace: str, study: str, receipt: str, count: int = 1) -> None:
        """Count nothing."""

    def values_judged(self, namespace: str, study: str, seconds: float) -> None:
        """Count nothing."""

    def limit_reached(self, namespace: str, study: str, limit: str) -> None:
        """Count nothing."""

    def prune_decided(self, seconds: float) -> None:
        """Count nothing."""


class LiveStudies:
    """All open studies; every method belongs to the event loop that the store was opened in.

    Parameters
    ----------
    store : Store
        Where values, decisions and endings are made durable.
    on_prune : callable
        Called with the Study's uid and the trial's number as soon as a Prune is durable.
    clock : callable
        Seconds since the epoch.
    observe : ReportObserver, optional
        Told of what came.
    limits : ValueLimits, optional
        What a trial and a study may take.
    share : LoopShare, optional
        Whose turn it is to judge; it has limits of its own.
    """

    def __init__(
        self,
        store: Store,
        on_prune: Callable[[str, int], None],
        clock: Callable[[], float] = time.time,
        observe: ReportObserver | None = None,
        limits: ValueLimits | None = None,
        share: LoopShare | None = None,
    ) -> None:
        self._store = store
        self._on_prune = on_prune
        self._clock = clock
        self._observe = observe or _Unobserved()
        share = share or LoopShare(limits or ValueLimits())
        self._intake = Intake(store, share, self._sound, clock, self._observe.values_judged)
        self._studies: dict[str, LiveStudy] = {}
        self._opening: dict[str, asyncio.Task[LiveStudy]] = {}
        self._bindings = Bindings()

    # -- studies ----------------------------------------------------------------------------

    async def open(self, study: Study) -> None:
        """Open a study; its log is read the first time, later calls do nothing.

        What the judge depends on may change until the study has its first value.

        Raises
        ------
        SpecError
            If the study's pruner cannot be built.
        RetryLater
            If the store does not answer.
        """
        uid = study.metadata.uid
        live = self._studies.get(uid)
        if live is None or (live.seq == 0 and live.row.settings != settings_of(study)):
            if uid not in self._opening:
                self._begin(uid, self._open(study))
            await asyncio.shield(self._opening[uid])

    async def _open(self, study: Study) -> LiveStudy:
        meta = study.metadata
        row = await self._store.open_study(
            meta.uid,
            meta.namespace,
            meta.name,
            settings_of(study),
            at=self._clock(),
            version=__version__,
        )
        return await rebuild(row, self._store, self._pruner_of(row.uid))

    def _begin(self, uid: str, opening: Coroutine[Any, Any, LiveStudy]) -> None:
        """Let one task read a study's log, however many wait for it."""
        task = asyncio.get_running_loop().create_task(opening)
        self._opening[uid] = task
        task.add_done_callback(lambda done: self._opened(uid, done))

    def _opened(self, uid: str, done: asyncio.Task[LiveStudy]) -> None:
        if self._opening.get(uid) is not done:
            return
        del self._opening[uid]
        if done.cancelled() or done.exception() is not None:
            return
        self._studies[uid] = done.result()

    def _pruner_of(self, uid: str) -> Callable[[int, Decision], None]:
        return lambda number, _decision: self._on_prune(uid, number)

    async def close(self, uid: str) -> None:
        """Forget a Study that was deleted, in memory and in the store."""
        self._bindings.forget(uid)
        task = self._opening.pop(uid, None)
        if task is not None:
            task.cancel()
        self._studies.pop(uid, None)
        self._intake.forget(uid)
        await self._store.delete_study(uid, at=self._clock())

    def opened(self) -> frozenset[str]:
        """Return the uids of the open studies."""
        return frozenset(self._studies)

    def record(self, study_uid: str) -> StudyRecord:
        """Return what is durable of a study; empty while it is not open."""
        study = self._studies.get(study_uid)
        return StudyRecord(study_uid) if study is None else study.record()

    # -- pods -------------------------------------------------------------------------------

    def bind(self, binding: Binding) -> None:
        """Let a pod report for its trial."""
        self._bindings.bind(binding)

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
        RetryLater
            If the study is not open, or the store does not answer.
        """
        ordinal, commit = self._sound(study_uid).attempt(number, pod_uid)
        await _durable(commit)
        return ordinal

    # -- values and endings -----------------------------------------------------------------

    async def submit(
        self,
        pod_uid: str,
        batch: CheckedBatch,
        *,
        arrived: float | None = None,
        present: bool = True,
    ) -> Answer:
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
            self._bindings.check(binding, batch)
        study = self._sound(binding.study_uid)
        try:
            taking = await self._intake.take(study, binding, batch)
        except ReportError as error:
            self._refused(study, error)
            raise
        await _durable(taking.commit)
        self._count(study, taking, arrived)
        decision = await self._decision(study, binding, batch, taking)
        return Answer(taking.accepted, taking.repeated, decision, batch.reports[-1].step)

    async def submit_tail(self, pod_uid: str, message: str) -> Tail:
        """Take what a pod left in its sidecar's termination message; may be repeated freely.

        Raises
        ------
        RetryLater
            Not all of it is durable: call again.
        """
        binding = self._bindings.of(pod_uid)
        if binding is None:
            raise RetryLater("this pod is not bound; bind it first")
        return await deliver(
            message, binding.trial, lambda batch: self.submit(pod_uid, batch, present=False)
        )

    def _refused(self, study: LiveStudy, error: ReportError) -> None:
        row = study.row
        if error.status == 409:
            self._observe.values_received(row.namespace, row.name, Receipt.CONTRADICTED)
        if isinstance(error, LimitReached):
            self._observe.limit_reached(row.namespace, row.name, error.limit)

    def _count(self, study: LiveStudy, taken: Taking, arrived: float | None) -> None:
        for receipt, count in taken.receipts.items():
            self._observe.values_received(study.row.namespace, study.row.name, receipt, count)
        if taken.pruned and arrived is not None:
            self._observe.prune_decided(time.perf_counter() - arrived)

    async def _decision(
        self,
        study: LiveStudy,
        binding: Binding,
        batch: CheckedBatch,
        taken: Taking,
    ) -> Decision | None:
        """Return what the answer says; for a batch sent again the same as the first time."""
        decision = taken.decision
        if taken.accepted or decision is None or decision.prunes:
            return decision
        metric = study.row.settings["metric"]
        judged = [report.step for report in batch.reports if report.metric == metric]
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
        RetryLater
            If the study is not open, or the store does not answer.
        """
        first, commit = self._sound(study_uid).finish(number, end)
        await _durable(commit)
        return first

    def _sound(self, uid: str) -> LiveStudy:
        study = self._studies.get(uid)
        if study is None:
            raise RetryLater("this study is not open yet; send again", after=1)
        if not study.sound:
            self._repair(study)
            raise RetryLater("the study is being read again; send again", after=0.5)
        return study

    def _repair(self, study: LiveStudy) -> None:
        uid = study.row.uid
        if uid not in self._opening:
            self._store.ready()
            self._begin(uid, self._again(study))

    async def _again(self, study: LiveStudy) -> LiveStudy:
        row = study.row
        _LOG.warning("study %s/%s: reading its log again", row.namespace, row.name)
        await study.settled()
        return await rebuild(row, self._store, self._pruner_of(row.uid))


async def _durable(commit: asyncio.Future[None] | None) -> None:
    # Shielded: whoever waits may be cancelled, the commit goes on.
    if commit is not None:
        await asyncio.shield(commit)
