"""Which objects each trial of a study has, and which trials a look must see.

Every event about an object, and every change of a record, is taken in once, at the next look. What
is settled is folded into the study's tally, and its views are forgotten: then a look costs what
runs. Nothing of this has to survive: it is made anew from the caches and the record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Protocol

from espalier.engine.control.cache import Object, ObjectCache, StudyKey
from espalier.engine.control.kinship import Kinship
from espalier.kube import POD, TRIAL
from espalier.planning.standing.folding import ended_from, is_settled
from espalier.planning.workload import registry
from espalier.planning.workload.kind import WorkloadKind
from espalier.planning.world.ended import Ended
from espalier.planning.world.names import trial_name
from espalier.planning.world.record import MadeTrial, StudyRecord, TrialRecord
from espalier.planning.world.snapshot import PodView, TrialView
from espalier.planning.world.tally import Tally
from espalier.planning.world.trial_records import TrialRecords
from espalier.planning.world.workload_view import WorkloadView


class Known(Protocol):
    """What is known of objects of all studies; see `espalier.engine.control.world.World`."""

    leaving: dict[str, int | None]
    kinship: Kinship

    def cache(self, plural: str) -> ObjectCache:
        """Return the cache of a kind."""

    def trial_view(self, trial: Object, key: StudyKey, study_uid: str) -> TrialView | None:
        """Return the view of a Trial; None if it is another study's."""

    def workload_view(self, kind: WorkloadKind, obj: Object, number: int) -> WorkloadView:
        """Return the view of a trial's workload."""

    def pod_view(self, pod: Object, number: int) -> PodView:
        """Return the view of a trial's pod."""

    def forget_view(self, uid: str) -> None:
        """Drop the view of an object that is not to be looked at."""


@dataclass(slots=True)
class _Members:
    """Uids of the objects of one trial; of those with one number the last Trial counts."""

    trials: list[str] = field(default_factory=list)
    workloads: dict[str, WorkloadKind] = field(default_factory=dict)
    pods: list[str] = field(default_factory=list)

    def uids(self) -> Collection[str]:
        return [*self.trials, *self.workloads, *self.pods]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look sees of a study's objects: all but what is settled.

    Parameters
    ----------
    trials, workloads, pods
        The views.
    record
        What is stored of the study, of its trials those that the look sees, and the best ones.
    tally
        What all trials that have ended come to.
    """

    trials: tuple[TrialView, ...]
    workloads: tuple[WorkloadView, ...]
    pods: tuple[PodView, ...]
    record: StudyRecord
    tally: Tally


class StudyObjects:
    """The objects of one study, by the trials that they belong to.

    Parameters
    ----------
    known
        Where objects and their views are.
    key, uid
        Of the Study.
    trainer
        Name of the container that trains.
    """

    def __init__(self, known: Known, key: StudyKey, uid: str, trainer: str) -> None:
        self.uid = uid
        self.trainer = trainer
        self._known = known
        self._key = key
        self._tally = Tally()
        self._records = TrialRecords()
        self._made: Mapping[int, MadeTrial] = {}
        self._members: dict[int, _Members] = {}
        self._places: dict[str, int] = {}
        self._unnumbered: dict[str, None] = {}
        self._loose: dict[str, WorkloadKind | None] = {}
        self._open: set[int] = set()
        # What has changed and is to be taken in: Trials first, by which workloads are known, then
        # workloads, by which pods are; and the numbers whose trials may have come to their end.
        self._trials: deque[str] = deque()
        self._workloads: deque[tuple[WorkloadKind, str]] = deque()
        self._pods: deque[str] = deque()
        self._touched: list[int] = []
        for plural in (TRIAL.plural, *(each.kind.plural for each in registry.KINDS), POD.plural):
            known.cache(plural).changed(key)
        self._trials.extend(known.cache(TRIAL.plural).uids(key))
        for kind in registry.KINDS:
            of_kind = known.cache(kind.kind.plural).uids(key)
            self._workloads.extend((kind, each) for each in of_kind)
        self._pods.extend(known.cache(POD.plural).uids(key))

    # -- what is asked -----------------------------------------------------------------------

    def see(self, record: StudyRecord) -> Seen:
        """Take in all that has changed; return what a look sees."""
        self._retry()
        self.catch_up(record)
        for number in [number for number in self._open if number in self._tally]:
            self._fold(number)
        numbers = sorted(self._open)
        found = [self._views(number) for number in numbers]
        unnumbered = (self._trial(uid) for uid in self._unnumbered)
        trials = [view for views, _, _ in found for view in views]
        trials += [view for view in unnumbered if view is not None]
        records = self._records
        wanted = {*numbers, *_best_of(record)}
        few = {n: each for n in sorted(wanted) if (each := records.get(n)) is not None}
        return Seen(
            trials=tuple(trials),
            workloads=tuple(view for _, views, _ in found for view in views),
            pods=tuple(view for _, _, views in found for view in views),
            record=replace(record, trials=few),
            tally=self._tally,
        )

    def catch_up(self, record: StudyRecord, most: int | None = None) -> bool:
        """Take in what has changed, not more than so much of it; return whether that was all."""
        self._note(record)
        for done, _ in enumerate(self._changes()):
            if most is not None and done >= most:
                return False
        return True

    def workloads(self, number: int) -> Iterator[tuple[WorkloadKind, Object]]:
        """Yield the workloads of a trial that are not being deleted, as far as is known."""
        self._note(None)
        for _ in self._placings():
            pass
        members = self._members.get(number)
        for uid, kind in members.workloads.items() if members is not None else ():
            obj = self._known.cache(kind.kind.plural).get(uid)
            if obj is not None and uid not in self._known.leaving:
                yield kind, obj

    def pods(self, number: int) -> Iterator[Object]:
        """Yield the pods of a trial, after `workloads` was asked."""
        members = self._members.get(number)
        for uid in members.pods if members is not None else ():
            pod = self._known.cache(POD.plural).get(uid)
            if pod is not None:
                yield pod

    # -- what has changed --------------------------------------------------------------------

    def _note(self, record: StudyRecord | None) -> None:
        """Collect what has changed since."""
        cache, key = self._known.cache, self._key
        self._trials.extend(cache(TRIAL.plural).changed(key))
        for kind in registry.KINDS:
            changed = cache(kind.kind.plural).changed(key)
            self._workloads.extend((kind, each) for each in changed)
        self._pods.extend(cache(POD.plural).changed(key))
        if record is None:
            return
        trials = record.trials
        records = trials if isinstance(trials, TrialRecords) else TrialRecords(trials.values())
        for number in records.different(self._records):
            self._touch(number)
        self._records, self._made = records, record.made

    def _retry(self) -> None:
        """Try again what was nobody's: its Trial or workload may be known by now."""
        for uid, kind in self._loose.items():
            if kind is None:
                self._pods.append(uid)
            else:
                self._workloads.append((kind, uid))

    def _changes(self) -> Iterator[None]:
        yield from self._placings()
        last = -1
        while self._touched:
            number = heappop(self._touched)
            if number != last:
                self._fold(number)
                yield
            last = number

    def _placings(self) -> Iterator[None]:
        while self._trials:
            self._place_trial(self._trials.popleft())
            yield
        while self._workloads:
            self._place_workload(*self._workloads.popleft())
            yield
        while self._pods:
            self._place_pod(self._pods.popleft())
            yield

    def _touch(self, number: int) -> None:
        heappush(self._touched, number)

    # -- which trial an object is of ---------------------------------------------------------

    def _place_trial(self, uid: str) -> None:
        self._unnumbered.pop(uid, None)
        if (old := self._places.pop(uid, None)) is not None:
            self._members[old].trials.remove(uid)
            self._place_again(old)
        if (view := self._trial(uid)) is None:
            return
        if view.number is None:
            self._unnumbered[uid] = None
            return
        self._take(uid, view.number).trials.append(uid)
        self._place_again(view.number)

    def _place_again(self, number: int) -> None:
        """Ask anew whose the workloads of a trial are: its Trial tells."""
        self._workloads.extend((kind, uid) for uid, kind in self._members[number].workloads.items())
        self._touch(number)

    def _place_workload(self, kind: WorkloadKind, uid: str) -> None:
        self._loose.pop(uid, None)
        old = self._places.pop(uid, None)
        if old is not None:
            del self._members[old].workloads[uid]
            self._touch(old)
        number = None
        if (obj := self._known.cache(kind.kind.plural).one(self._key, uid)) is not None:
            kin = self._known.kinship.of_workload(kind.kind, obj)
            if kin is not None and kin.study_uid == self.uid:
                number = kin.number
                self._take(uid, number).workloads[uid] = kind
                self._touch(number)
            else:
                self._loose[uid] = kind
        if old is not None and old != number:
            self._pods.extend(self._members[old].pods)

    def _place_pod(self, uid: str) -> None:
        self._loose.pop(uid, None)
        if (old := self._places.pop(uid, None)) is not None:
            self._members[old].pods.remove(uid)
            self._touch(old)
        if (pod := self._known.cache(POD.plural).one(self._key, uid)) is None:
            return
        kin = self._known.kinship.of_pod(pod)
        if kin is None or kin.study_uid != self.uid:
            self._loose[uid] = None
            return
        self._take(uid, kin.number).pods.append(uid)
        self._touch(kin.number)

    def _take(self, uid: str, number: int) -> _Members:
        self._places[uid] = number
        members = self._members.get(number)
        if members is None:
            members = self._members[number] = _Members()
        return members

    # -- what has come to its end ------------------------------------------------------------

    def _fold(self, number: int) -> None:
        """Find out whether a look must see a trial, and count it if it has ended."""
        members, record = self._members.get(number), self._records.get(number)
        if members is not None and not members.uids():
            del self._members[number]
            members = None
        if members is None and record is None:
            self._tally.unfold(number)
            self._open.discard(number)
            return
        self._open.add(number)
        trials, workloads, pods = self._views(number)
        view = trials[-1] if trials else None
        name = view.name if view is not None else trial_name(self._key.name, number)
        stored = record or TrialRecord(number)
        ended = ended_from(name, stored, view, workloads, pods, self.trainer)
        if ended is None:
            self._tally.unfold(number)
            return
        self._tally.fold(ended)
        uids = members.uids() if members is not None else ()
        leaves = any(uid in self._known.leaving for uid in uids)
        if len(trials) < 2 and not leaves and self._is_settled(ended, workloads, pods):
            self._open.discard(number)
            for uid in uids:
                self._known.forget_view(uid)

    def _is_settled(self, ended: Ended, workloads: list[WorkloadView], pods: list[PodView]) -> bool:
        return is_settled(ended, workloads, pods, self._made, self.trainer)

    def _views(self, number: int) -> tuple[list[TrialView], list[WorkloadView], list[PodView]]:
        members = self._members.get(number)
        if members is None:
            return [], [], []
        known, leaving = self._known, self._known.leaving
        trials = [view for uid in members.trials if (view := self._trial(uid)) is not None]
        workloads = [
            known.workload_view(kind, obj, number)
            for uid, kind in members.workloads.items()
            if uid not in leaving and (obj := known.cache(kind.kind.plural).get(uid)) is not None
        ]
        cache = known.cache(POD.plural)
        pods = [
            known.pod_view(pod, number)
            for uid in members.pods
            if (pod := cache.get(uid)) is not None
        ]
        return trials, workloads, pods

    def _trial(self, uid: str) -> TrialView | None:
        trial = self._known.cache(TRIAL.plural).one(self._key, uid)
        return None if trial is None else self._known.trial_view(trial, self._key, self.uid)


def _best_of(record: StudyRecord) -> Iterator[int]:
    """Yield the numbers of the trials of which the Study tells, settled or not."""
    if record.best is not None:
        yield record.best
    if record.summary is not None:
        yield from (leader.trial for leader in record.summary.leaders)
