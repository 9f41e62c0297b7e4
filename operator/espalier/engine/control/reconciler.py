"""The reconcile path: events mark studies dirty; each is brought to where it should be.

Nothing is done because of an event. An event only makes a study due; what is done follows from a
snapshot of all that is known of it, so that lost, late and repeated events do no harm.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from espalier.api import Study
from espalier.engine.control.apply import Applier
from espalier.engine.control.cache import Moment, Object, StudyKey
from espalier.engine.control.claims import Claims
from espalier.engine.control.figures import study_figures
from espalier.engine.control.lanes import Lanes
from espalier.engine.control.presence import find
from espalier.engine.control.queue import DirtyQueue
from espalier.engine.control.stopwatch import Stopwatch
from espalier.engine.control.world import World
from espalier.engine.proposing.proposer import Proposer
from espalier.engine.proposing.worker import Worker
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import InternalError, Outdated, RetryLater, SpecError
from espalier.kube import POD, STUDY, Cluster, Kind, asking_for
from espalier.metrics.figures import StudyFigures as Figures
from espalier.metrics.observer import Observer
from espalier.planning import Lane, OperatorSettings, Snapshot, StudyRecord, effects
from espalier.planning.acts import act_of
from espalier.planning.costs.costs import costs_of
from espalier.planning.plan import plan_of
from espalier.planning.standing.look import look_at
from espalier.planning.workload.grace import grace_of
from espalier.planning.world.names import TRIAL_LABEL
from espalier.planning.world.restraint import wanted_restraint, wishes
from espalier.steady_clock import SteadyClock

_LOG = logging.getLogger(__name__)

_QUIET = (
    effects.Wake,
    effects.Prepare,
    effects.WriteTrialStatus,
    effects.WriteStudyStatus,
    effects.EmitEvent,
)

Looked = tuple[Snapshot, Sequence[Lane], float | None]
"""What is known of a study, what is due, and in how many seconds to look again."""

_MANY = 50
"""Trials that a look sees from which on planning is left to another thread: some 5 ms of it."""

_AT_ONCE = 200
"""Changes of a study's objects and records that are taken in without letting the loop go."""

_SHORTEST_WAKE = 0.01
"""Seconds to the next look at a study that is to be looked at by now."""


class Reconciler:
    """Brings each study to where it should be, again and again.

    All methods belong to one event loop; other threads use ``loop.call_soon_threadsafe``.

    Parameters
    ----------
    cluster, live
        Where objects are read and written, and where values and endings are recorded.
    settings
        What the operator's flags decide about plans.
    clock
        Seconds since the epoch that never jump.
    workers
        How many studies are looked at at the same time. What is to be done is bounded by `lanes`
        alone: else a few wide studies would keep all others waiting until theirs is done.
    lanes
        How many lanes of effects are carried out at the same time.
    claims
        Which namespaces are this operator's; without it all are.
    proposals
        Where samplers that learn are asked; a process of its own if not given.
    """

    def __init__(
        self,
        cluster: Cluster,
        live: OpenStudies,
        settings: OperatorSettings,
        observer: Observer,
        *,
        clock: Callable[[], float] | None = None,
        workers: int = 8,
        lanes: int = 32,
        claims: Claims | None = None,
        proposals: Worker | None = None,
    ) -> None:
        clock = clock or SteadyClock()
        self.world = World(settings, stopwatch=Stopwatch(clock))
        self._cluster = cluster
        self.queue: DirtyQueue[StudyKey] = DirtyQueue(time.monotonic)
        self._live = live
        self._claims = claims
        self._settings = settings
        self._observer = observer
        self._clock = clock
        self._looking = asyncio.Semaphore(workers)
        self._lanes = Lanes(lanes, max(1, lanes // 2))
        self._proposer = Proposer(live, clock, proposals, observer)
        self._applier = Applier(cluster, live, self.world, clock, self._proposer)
        self._open: dict[str, StudyKey] = {}
        self._pruned_at: dict[tuple[str, int], float] = {}
        self._urgent: set[asyncio.Task[None]] = set()
        self._figures: dict[StudyKey, Figures] = {}
        self.figures: tuple[Figures, ...] = ()

    # -- what happens ------------------------------------------------------------------------

    def observed(self, plural: str, deleted: bool, obj: Object) -> None:
        """Take in what a watch has seen of an object."""
        if deleted:
            key = self.world.seen_gone(plural, obj, "a watch has shown its deletion")
        else:
            key = self.world.is_there(plural, obj)
        if key is not None:
            self.queue.mark(key)

    def listed(
        self,
        plural: str,
        objects: Sequence[Object],
        version: int,
        within: str | None,
        *,
        back: Moment | None = None,
    ) -> None:
        """Take in a list, see `World.listed`."""
        for key in self.world.listed(plural, objects, version, within, back=back):
            self.queue.mark(key)

    def mark_all(self) -> None:
        """Have every study looked at that anything is known of."""
        world = self.world
        world.tidy()
        for gone in [uid for uid in self._live.bound() if uid not in world.pods]:
            self._live.unbind(gone)
        keys = self._keys()
        for key in keys:
            self.queue.mark(key)
        if self._claims is not None:
            self._claims.keep({key.namespace for key in keys})

    def claimed(self, namespace: str) -> None:
        """Have a namespace's studies looked at: they are this operator's from now on."""
        for key in self._keys():
            if key.namespace == namespace:
                self.queue.mark(key)

    def stand_back(self, namespace: str) -> None:
        """Show nothing more of a namespace: another operator works there."""
        for key in self._keys():
            if key.namespace == namespace:
                self._figures.pop(key, None)
        self.figures = tuple(self._figures.values())

    def _keys(self) -> set[StudyKey]:
        """Return of which studies anything is known."""
        return self.world.studies.keys() | self.world.trials.keys() | set(self._open.values())

    def adopt_stored(self, stored: Mapping[str, StudyKey]) -> None:
        """Take charge of studies that have rows: those that are gone will be closed."""
        for uid, key in stored.items():
            self._open.setdefault(uid, key)
            self.queue.mark(key)

    def prune(self, study_uid: str, number: int) -> None:
        """Delete a trial's workload and pods at once: its decision has just been committed."""
        key = self._open.get(study_uid)
        self._pruned_at[study_uid, number] = time.monotonic()
        if key is None:
            return
        task = asyncio.get_running_loop().create_task(self._delete_now(key, study_uid, number))
        self._urgent.add(task)
        task.add_done_callback(self._urgent.discard)

    async def _delete_now(self, key: StudyKey, study_uid: str, number: int) -> None:
        try:
            found = self.world.workload_of(key, study_uid, number)
            doomed: Sequence[tuple[Kind, Object, int | None]] = [
                (POD, pod, self._grace(study_uid))
                for pod in self.world.pods_of(key, study_uid, number)
            ]
            if found is not None:
                workload, obj = found
                doomed = workload.deletions((workload.kind, obj, None), doomed)
            for each in doomed:
                await self._delete(*each)
            if found is not None:
                since = self._pruned_at.get((study_uid, number))
                if since is not None:
                    labels = found[1]["metadata"].get("labels") or {}
                    trial = f"{key.namespace}/{labels.get(TRIAL_LABEL, '')}"
                    self._observer.delete_accepted(time.monotonic() - since, trial)
        except RetryLater as error:
            _LOG.warning("trial %s/%s number %d is not deleted yet: %s", *key, number, error)
        except Exception:
            _LOG.exception("trial %s/%s number %d could not be deleted", *key, number)
        self.queue.mark(key)

    def _grace(self, study_uid: str) -> int | None:
        study = self.world.studies.get(study_uid)
        spec = None if study is None else self.world.specs.good(study)
        return None if spec is None else grace_of(spec)

    async def _delete(self, kind: Kind, obj: Object, grace: int | None) -> None:
        meta = obj["metadata"]
        await self._applier.deletion.delete(
            kind, meta["namespace"], meta["name"], meta["uid"], grace=grace, urgent=True
        )

    # -- the work ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Reconcile until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._looking.acquire()
                key = await self.queue.take()
                group.create_task(self._work(key))

    async def _work(self, key: StudyKey) -> None:
        began = time.monotonic()
        try:
            try:
                looked = await self._look(key)
            finally:
                self._looking.release()
            wake = None if looked is None else await self._act(key, *looked)
        except (RetryLater, Outdated) as error:
            times = (error.after, error.within) if isinstance(error, RetryLater) else ()
            delay = self.queue.failed(key, *times)
            _LOG.info("study %s/%s: %s; again in %.1f s", *key, error, delay)
            self._observer.reconcile_failed(error)
        except SpecError as error:  # refused, until somebody changes a policy, a role or a quota
            delay = self.queue.failed(key, 5.0)
            _LOG.warning("study %s/%s: %s; again in %.1f s", *key, error, delay)
            self._observer.reconcile_failed(error)
        except Exception as error:
            delay = self.queue.failed(key)
            name = type(error).__name__
            _LOG.exception("study %s/%s: %s; again in %.1f s", *key, name, delay)
            self._observer.reconcile_failed(error)
        else:
            self.queue.done(key)
            if wake is not None:
                self.queue.mark_in(key, wake)
        finally:
            self._observer.reconciled(time.monotonic() - began)

    async def close(self) -> None:
        """Let go of what works proposals out; nothing is reconciled any more."""
        await self._proposer.close()

    async def reconcile(self, key: StudyKey) -> float | None:
        """Do what is due for a study; return in how many seconds to look again, if at all."""
        looked = await self._look(key)
        return None if looked is None else await self._act(key, *looked)

    async def _look(self, key: StudyKey) -> Looked | None:
        """Return what is known of a study and what is due; None if it is gone or not ours."""
        if self._claims is not None and not self._claims.ours(key.namespace):
            return None
        obj = self.world.study(key)
        await self._close_gone(key, obj)
        if obj is None:
            return None
        study = self.world.specs.read(obj)
        record = await self._record(key, obj, study)
        seen = await self._steered(key, obj, await self._seen(key, obj, record))
        now = self._clock()
        snapshot = self.world.waits.add_to(seen, now)
        lanes, figures = await self._planned(snapshot, now)
        self._show(key, figures)
        times = [effect.at for lane in lanes for effect in lane if isinstance(effect, effects.Wake)]
        wake = max(_SHORTEST_WAKE, min(times) - now) if times else None
        if wake is not None:  # kept also where a lane fails, whatever the queue makes of that
            self.queue.mark_in(key, wake)
        return snapshot, lanes, wake

    async def _act(
        self, key: StudyKey, snapshot: Snapshot, lanes: Sequence[Lane], wake: float | None
    ) -> float | None:
        """Do what is due; return in how many seconds to look again, if at all."""
        acts = {act for lane in lanes for each in lane if (act := act_of(each))}
        self.world.waits.failures.planned(snapshot.study.uid, acts, self._clock())
        await self._carry_out(key, snapshot, lanes)
        if not all(_quiet(effect) for lane in lanes for effect in lane):
            return 0.0
        return wake

    async def _record(self, key: StudyKey, obj: Object, study: Study | SpecError) -> StudyRecord:
        """Open a study's records the first time, and return them."""
        uid = obj["metadata"]["uid"]
        if isinstance(study, Study) and "deletionTimestamp" not in obj["metadata"]:
            try:
                started = bool((obj.get("status") or {}).get("startTime"))
                await self._live.open(study, started=started)
            except SpecError as error:
                self.world.specs.refuse(obj, error)
            else:
                self._open[uid] = key
        return self._live.record(uid)

    async def _seen(self, key: StudyKey, obj: Object, record: StudyRecord) -> Snapshot:
        """Return what is known of a study."""
        uid = record.uid
        while not self.world.catch_up(key, obj, record, _AT_ONCE):
            await asyncio.sleep(0)
            record = self._live.record(uid)
        seen = self.world.snapshot(key, obj, record, self._live.bound())
        return replace(seen, heard=self._live.heard(uid), sampler_fault=self._proposer.fault(uid))

    async def _steered(self, key: StudyKey, obj: Object, seen: Snapshot) -> Snapshot:
        """Let the judge know what people want, before any other pod may report or be made."""
        uid, wanted, wished = seen.study.uid, wanted_restraint(seen), wishes(seen)
        if wanted == seen.record.restraint and not wished:
            return seen
        await self._live.take_course(uid, wanted, wished)
        return await self._seen(key, obj, self._live.record(uid))

    async def _close_gone(self, key: StudyKey, present: Object | None) -> None:
        """Close the studies that had this name and are known to be deleted."""
        uid = present["metadata"]["uid"] if present is not None else None
        for old in [old for old, of in self._open.items() if of == key and old != uid]:
            proof = self.world.studies.absence(old) or await self._proof(key, old)
            if proof is None:
                continue
            _LOG.info("study %s/%s (%s) is closed: %s", *key, old, proof)
            await self._live.close(old, proof)
            del self._open[old]
            self.world.forget_study(old)
            self._proposer.forget(old)
            for pruned in [pruned for pruned in self._pruned_at if pruned[0] == old]:
                del self._pruned_at[pruned]
            self._observer.forget(*key)
        if present is None and self._figures.pop(key, None) is not None:
            self.figures = tuple(self._figures.values())

    async def _proof(self, key: StudyKey, uid: str) -> str | None:
        """Ask whether a Study that is not seen is gone; return how that is known."""
        found = await find(self._cluster, STUDY, *key)
        if isinstance(found, str):
            return found
        if (marked := self.world.found(STUDY.plural, found)) is not None:
            self.queue.mark(marked)
        same = found["metadata"]["uid"] == uid
        return None if same else f"Study {key.namespace}/{key.name} is another one now"

    async def _carry_out(self, key: StudyKey, snapshot: Snapshot, lanes: Sequence[Lane]) -> None:
        """Carry out all lanes side by side, then raise the worst of what went wrong."""
        results = await asyncio.gather(
            *(self._lane(key, snapshot, lane) for lane in lanes), return_exceptions=True
        )
        errors = [result for result in results if isinstance(result, BaseException)]
        for kind in (asyncio.CancelledError, InternalError):
            for error in errors:
                if isinstance(error, kind):
                    raise error
        for error in sorted(errors, key=lambda error: isinstance(error, RetryLater)):
            raise error

    async def _lane(self, key: StudyKey, snapshot: Snapshot, lane: Lane) -> None:
        async with self._lanes.place(key):
            with asking_for(*key):
                await self._applier.carry_out(key, snapshot.study, lane)
        for effect in lane:
            if isinstance(effect, effects.RecordEnd) and effect.end.reason == "Pruned":
                since = self._pruned_at.pop((snapshot.study.uid, effect.number), None)
                if since is not None:
                    names = (v.name for v in snapshot.trials if v.number == effect.number)
                    trial = f"{key.namespace}/{next(names, '')}"
                    self._observer.pod_gone(time.monotonic() - since, trial)

    async def _planned(self, snapshot: Snapshot, now: float) -> tuple[Sequence[Lane], Figures]:
        """Plan; where that takes long, in another thread: reports are taken meanwhile."""

        def work() -> tuple[Sequence[Lane], Figures]:
            look = look_at(snapshot)
            costs = costs_of(look)
            return plan_of(look, costs, now, self._settings), study_figures(look, costs)

        return await asyncio.to_thread(work) if len(snapshot.trials) > _MANY else work()

    def _show(self, key: StudyKey, figures: Figures) -> None:
        self._figures[key] = figures
        self.figures = tuple(self._figures.values())


def _quiet(effect: effects.Effect) -> bool:
    """Whether the next plan does not depend on what the effect does."""
    if isinstance(effect, effects.RecordAttempt):
        return not effect.decisive
    return isinstance(effect, _QUIET)
