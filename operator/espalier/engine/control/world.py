"""What the operator knows of the cluster and has done in it: caches, and a short memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeVar, cast

from espalier.engine.control.absences import Absences
from espalier.engine.control.cache import (
    KeyOf,
    Moment,
    Object,
    ObjectCache,
    StudyKey,
    labelled_key,
    study_key,
    trial_key,
    version_of,
)
from espalier.engine.control.kinship import Kinship
from espalier.engine.control.reduced import reduced
from espalier.engine.control.specs import Specs
from espalier.engine.control.stopwatch import Stopwatch
from espalier.engine.control.study_objects import StudyObjects
from espalier.engine.control.waits import Waits
from espalier.errors import SpecError
from espalier.kube import POD, STUDY, TRIAL, watched
from espalier.planning.workload import registry
from espalier.planning.workload.kind import WorkloadKind
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.lookup_refusal import LookupRefusal
from espalier.planning.world.observe import (
    controller_uid,
    pod_view,
    study_view,
    trial_view,
)
from espalier.planning.world.record import StudyRecord
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import (
    PodView,
    Snapshot,
    StudyView,
    TemplateVerdict,
    TrialView,
    sooner,
)
from espalier.planning.world.workload_view import WorkloadView
from espalier.steady_clock import SteadyClock

V = TypeVar("V")
_GRACE = "deletionGracePeriodSeconds"


@dataclass(slots=True)
class World:
    """Caches of the kinds that are watched, and what else a snapshot is made of.

    Nothing here has to survive the process: a new one lists the cluster, and does again what it
    does not remember, which does no harm.

    Parameters
    ----------
    settings
        What the operator's flags decide about plans.
    caches
        What was seen last of each kind that is watched, by its plural.
    verdicts
        Of the API server on a Study's template, by the Study's uid.
    warm_starts
        Why a Study can take over no trials of earlier ones, by its uid.
    pruners
        Why what a Study's pruner names was not found, by its uid.
    written
        When a status was last written, by the object's uid.
    tails
        Uids of the pods whose termination message has been stored.
    leaving
        By uid of each workload and pod whose deletion the API server has accepted: the seconds that
        were asked for, None where none were.
    views
        The last view of each Trial, workload and pod, by uid, with the version that it was made of.
    kinship
        Which trial a workload or pod is of.
    specs
        What was read of the Studies.
    refused
        What the API server has against the workload of one Trial alone, by the Trial's uid.
    absences
        Names of objects that are known to be gone.
    waits
        What does not go on, since when and why.
    objects
        Which objects are of which trial, of each Study that was looked at.
    stopwatch
        For how long pods are in their states.
    """

    settings: OperatorSettings
    caches: Mapping[str, ObjectCache] = field(default_factory=lambda: _caches())
    verdicts: dict[str, TemplateVerdict] = field(default_factory=dict)
    warm_starts: dict[str, LookupRefusal] = field(default_factory=dict)
    pruners: dict[str, LookupRefusal] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    tails: set[str] = field(default_factory=set)
    leaving: dict[str, int | None] = field(default_factory=dict)
    kinship: Kinship = field(default_factory=Kinship)
    refused: dict[str, str] = field(default_factory=dict)
    absences: Absences = field(default_factory=Absences)
    views: dict[str, tuple[tuple[object, ...], object]] = field(default_factory=dict)
    objects: dict[StudyKey, StudyObjects] = field(default_factory=dict)
    specs: Specs = field(default_factory=Specs)
    waits: Waits = field(default_factory=Waits)
    stopwatch: Stopwatch = field(default_factory=lambda: Stopwatch(SteadyClock()))

    @property
    def studies(self) -> ObjectCache:
        """The Studies that are there."""
        return self.caches[STUDY.plural]

    @property
    def trials(self) -> ObjectCache:
        """The Trials that are there."""
        return self.caches[TRIAL.plural]

    @property
    def pods(self) -> ObjectCache:
        """The pods that are there."""
        return self.caches[POD.plural]

    def cache(self, plural: str) -> ObjectCache:
        """Return the cache of a kind."""
        return self.caches[plural]

    def study(self, key: StudyKey) -> Object | None:
        """Return the Study of a key: the newest, should an earlier one not be seen gone yet."""
        found = list(self.studies.of(key))
        return max(found, key=_created, default=None)

    def snapshot(
        self, key: StudyKey, obj: Object, record: StudyRecord, bound: Set[str] = frozenset()
    ) -> Snapshot:
        """Put together what the next plan of a study depends on.

        Parameters
        ----------
        record
            What is durable of it.
        bound
            Uids of the pods that may report.
        """
        uid = obj["metadata"]["uid"]
        study, blueprint = self._read(obj)
        seen = self._objects(key, uid, blueprint.trainer).see(record)
        return Snapshot(
            study=study,
            record=seen.record,
            blueprint=blueprint,
            trials=seen.trials,
            workloads=seen.workloads,
            pods=seen.pods,
            tally=seen.tally,
            template=self.verdicts.get(uid),
            warm_start=self.warm_starts.get(uid),
            pruner=self.pruners.get(uid),
            bound=bound,
            tails=frozenset(pod.uid for pod in seen.pods if pod.uid in self.tails),
            refused=self.refused,
            absent=self.absences.proofs(key.namespace),
            restored=self.absences.restored(key.namespace),
            cut_short=self.absences.cut_short(key.namespace),
            spans=self.stopwatch.look(uid, seen.pods, seen.record, blueprint.trainer),
        )

    def catch_up(self, key: StudyKey, obj: Object, record: StudyRecord, most: int) -> bool:
        """Take in at most so much of what has changed of a study; return whether that was all.

        A first look has everything to take in: others have their turn in between.
        """
        _, blueprint = self._read(obj)
        objects = self._objects(key, obj["metadata"]["uid"], blueprint.trainer)
        return objects.catch_up(record, most)

    def _read(self, obj: Object) -> tuple[StudyView, Blueprint]:
        """Return a Study as plans see it, and what it means."""
        study, written = self.specs.read(obj), self.written.get(obj["metadata"]["uid"], 0.0)
        error = str(study) if isinstance(study, SpecError) else None
        view = study_view(obj, self.specs.good(obj), error, written)
        return view, self.specs.blueprint(view, self.settings)

    def _objects(self, key: StudyKey, uid: str, trainer: str) -> StudyObjects:
        known = self.objects.get(key)
        if known is None or (known.uid, known.trainer) != (uid, trainer):
            known = self.objects[key] = StudyObjects(self, key, uid, trainer)
        return known

    def trial_view(self, trial: Object, key: StudyKey, study_uid: str) -> TrialView | None:
        """Return a Trial's view, made once for each of its versions; None if it is another's.

        One that the Study controls is its kin from then on.
        """
        written = self.written.get(trial["metadata"]["uid"], 0.0)

        def make() -> TrialView | None:
            if not belongs(trial, key.name, study_uid):
                return None
            view = trial_view(trial, key.name, study_uid, written)
            if view.number is not None:
                self.kinship.learn(trial, study_uid, view.number)
            return view

        return self._once(trial, (written, study_uid), make)

    def workload_view(self, kind: WorkloadKind, obj: Object, number: int) -> WorkloadView:
        """Return the view of a trial's workload, made once for each of its versions."""
        return self._view(obj, number, kind.view)

    def pod_view(self, pod: Object, number: int) -> PodView:
        """Return the view of a trial's pod, made once for each of its versions."""
        return self._view(self._marked(pod), number, self._pod_view)

    def forget_view(self, uid: str) -> None:
        """Drop the view of an object that is not to be looked at."""
        self.views.pop(uid, None)

    def _pod_view(self, pod: Object, number: int) -> PodView:
        workload = registry.of_kind(self.kinship.kind_of_pod(pod))
        return pod_view(pod, number, reports=workload.reports(pod))

    def _view(self, obj: Object, number: int, make: Callable[[Object, int], V]) -> V:
        meta = obj["metadata"]
        leaves = ("deletionTimestamp" in meta, meta.get(_GRACE))
        return self._once(obj, leaves, lambda: make(obj, number))

    def _once(self, obj: Object, besides: tuple[object, ...], make: Callable[[], V]) -> V:
        """Return the view of an object, made once for each of its versions and what it takes."""
        uid, version = obj["metadata"]["uid"], (version_of(obj), *besides)
        known = self.views.get(uid)
        if known is not None and known[0] == version:
            return cast(V, known[1])
        view = make()
        self.views[uid] = (version, view)
        return view

    def _marked(self, pod: Object) -> Object:
        """Return a pod as being deleted, if the API server has accepted its deletion."""
        meta = pod["metadata"]
        if meta["uid"] not in self.leaving:
            return pod
        grace = self.leaving[meta["uid"]]
        if "deletionTimestamp" in meta and not sooner(grace, meta.get(_GRACE)):
            return pod
        return {**pod, "metadata": {"deletionTimestamp": "accepted", **meta, _GRACE: grace}}

    def workload_of(
        self, key: StudyKey, study_uid: str, number: int
    ) -> tuple[WorkloadKind, Object] | None:
        """Return the newest workload of a trial that is not being deleted, and its kind."""
        objects = self.objects.get(key)
        if objects is None or objects.uid != study_uid:
            return None  # It has not been looked at yet, and will be.
        there = objects.workloads(number)
        found = [each for each in there if "deletionTimestamp" not in each[1]["metadata"]]
        return max(found, key=lambda each: _created(each[1]), default=None)

    def pods_of(self, key: StudyKey, study_uid: str, number: int) -> list[Object]:
        """Return the pods of a trial."""
        objects = self.objects.get(key)
        return list(objects.pods(number)) if objects and objects.uid == study_uid else []

    # -- what is gone ------------------------------------------------------------------------

    def seen_gone(self, plural: str, obj: Object, proof: str) -> StudyKey | None:
        """Forget an object that a watch has shown to be gone, with its state at the last."""
        workload = registry.by_plural(plural)
        if workload is not None and not workload.view(obj, 0).over:
            self.absences.note_cut_short(plural, obj)
        self._note_if_proven(plural, obj, proof)
        return self.cache(plural).drop(obj["metadata"]["uid"], proof, version_of(obj))

    def _note_if_proven(self, plural: str, obj: Object, proof: str) -> None:
        """Remember that an object's name is free, if a watch or list is a proof of that.

        Workloads and pods are watched and listed by a label, so that one which lost it seems to be
        gone as well: a workload is known to be only if the API server had accepted its deletion.
        """
        workload, left = registry.by_plural(plural), obj["metadata"]["uid"] in self.leaving
        if plural == TRIAL.plural or (workload is not None and left):
            self._note_gone(plural, obj, proof)

    def gone(self, plural: str, uid: str, proof: str) -> None:
        """Forget an object that an answer to a GET has shown to be gone."""
        obj = self.cache(plural).get(uid)
        if obj is not None:
            self._note_gone(plural, obj, proof)
        self.cache(plural).drop(uid, proof)

    def _note_gone(self, plural: str, obj: Object, proof: str) -> None:
        meta = obj["metadata"]
        self.absences.note(plural, meta["namespace"], meta["name"], proof)

    def is_there(self, plural: str, obj: Object) -> StudyKey | None:
        """Take in an object that was seen."""
        return self._taken(plural, obj, self.cache(plural).put)

    def found(self, plural: str, obj: Object) -> StudyKey | None:
        """Take in an object that was asked for, and that may have seemed to be gone."""
        return self._taken(plural, obj, self.cache(plural).find)

    def _taken(
        self, plural: str, obj: Object, take: Callable[[Object], StudyKey | None]
    ) -> StudyKey | None:
        seemed_gone = self._seeming_gone(plural, (obj,))
        key = take(obj)
        self._are_there(plural, (obj,), seemed_gone)
        return key

    def _seeming_gone(self, plural: str, objects: Sequence[Object]) -> set[str]:
        cache, uids = self.cache(plural), (obj["metadata"]["uid"] for obj in objects)
        return {uid for uid in uids if cache.absence(uid) is not None}

    def _are_there(self, plural: str, objects: Sequence[Object], seemed_gone: set[str]) -> None:
        """Take back what was thought of objects that are in the cache now."""
        cache = self.cache(plural)
        for obj in objects:
            if obj["metadata"]["uid"] in cache:
                self.absences.forget(plural, obj)
        for uid in seemed_gone:
            if uid in cache:
                self.leaving.pop(uid, None)

    def listed(
        self,
        plural: str,
        objects: Sequence[Object],
        version: int,
        within: str | None,
        *,
        back: Moment | None = None,
    ) -> set[StudyKey]:
        """Take in a list; return the keys of the studies for which it changed anything.

        Parameters
        ----------
        back
            What was known when it was asked for, if the cluster has gone back to an earlier state
            (`ObjectCache.contradicts`).
        """
        cache = self.cache(plural)
        seemed_gone = self._seeming_gone(plural, objects)
        if back is None:
            changed, gone = cache.replace(objects, version, within)
        else:
            changed, gone = cache.restore(objects, version, within, back)
        for obj in gone:
            if back is not None:
                self.absences.note_restored(plural, obj)
            else:
                proof = cache.absence(obj["metadata"]["uid"]) or ""
                self._note_if_proven(plural, obj, proof)
        self._are_there(plural, objects, seemed_gone)
        return changed

    def stays(self, objects: Sequence[Object], leaving: Set[str]) -> None:
        """Take back that objects leave which a list shows that was asked for afterwards.

        Parameters
        ----------
        objects
            The list.
        leaving
            Uids whose deletion had been accepted when it was asked for.
        """
        for meta in (obj["metadata"] for obj in objects):
            if meta["uid"] in leaving and "deletionTimestamp" not in meta:
                self.leaving.pop(meta["uid"], None)

    def went_back(self) -> None:
        """Drop what is remembered of a state that the cluster has left behind."""
        own = (self.verdicts, self.warm_starts, self.pruners)
        for memory in (*own, self.written, self.views, self.refused):
            memory.clear()
        self.specs.clear()
        self.objects.clear()
        self.leaving.clear()
        self.absences.clear()

    def forget_study(self, uid: str) -> None:
        """Drop what is remembered of a study."""
        for memory in (self.verdicts, self.warm_starts, self.pruners, self.written):
            memory.pop(uid, None)
        self.specs.forget(uid)
        self.objects = {key: each for key, each in self.objects.items() if each.uid != uid}
        self.waits.forget(uid)
        self.stopwatch.forget(uid)
        self.kinship.forget_study(uid)

    def tidy(self) -> None:
        """Drop what is remembered of objects that are gone."""
        self.tails = {uid for uid in self.tails if self.pods.get(uid) is not None}
        workloads = [self.cache(each.kind.plural) for each in registry.KINDS]
        left = [uid for uid in self.leaving if not any(uid in c for c in (self.pods, *workloads))]
        for uid in left:
            del self.leaving[uid]
        viewed = (self.trials, *workloads, self.pods)
        for uid in [uid for uid in self.views if not any(uid in cache for cache in viewed)]:
            del self.views[uid]
        for uid in [uid for uid in self.written if not (self._known(uid))]:
            del self.written[uid]
        for uid in [uid for uid in self.refused if uid not in self.trials]:
            del self.refused[uid]
        self.waits.tidy(*viewed)
        for cache in viewed:
            cache.forget_changes(self.objects)
        present = self.studies.keys()
        self.absences.tidy({key.namespace for key in present})

    def _known(self, uid: str) -> bool:
        return self.trials.get(uid) is not None or self.studies.get(uid) is not None


_KEYS: Mapping[str, KeyOf] = {STUDY.plural: study_key, TRIAL.plural: trial_key}


def _caches() -> Mapping[str, ObjectCache]:
    return {each.kind.plural: _cache(each.kind.plural) for each in watched()}


def _cache(plural: str) -> ObjectCache:
    return ObjectCache(_KEYS.get(plural, labelled_key), lambda obj: reduced(plural, obj))


def _created(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]


def belongs(trial: Object, study: str, study_uid: str) -> bool:
    """Whether a Trial is this Study's: made by it, or by hand without naming another's uid."""
    named = trial["spec"]["study"]
    owned = controller_uid(trial)
    ours = named.get("uid") in (None, "", study_uid) and owned in ("", study_uid)
    return ours and named.get("name") == study
