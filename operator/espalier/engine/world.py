"""What the operator knows of the cluster and has done in it: caches, and a short memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from espalier.api import Study, parse_study
from espalier.engine.cache import (
    ObjectCache,
    StudyKey,
    labelled_key,
    study_key,
    trial_key,
    version_of,
)
from espalier.errors import SpecError
from espalier.planning.observe import controller_uid, job_view, pod_view, study_view, trial_view
from espalier.planning.record import StudyRecord
from espalier.planning.snapshot import Snapshot, TemplateVerdict
from espalier.planning.standing import number_limit, sampled_numbers

Object = Mapping[str, Any]
V = TypeVar("V")


@dataclass(slots=True)
class World:
    """Caches of the four kinds, and what else a snapshot is made of.

    Nothing here has to survive the process: a new one lists the cluster, and does again what it
    does not remember, which does no harm.

    Parameters
    ----------
    verdicts
        Of the API server on a Study's template, by the Study's uid.
    written
        When a status was last written, by the object's uid.
    bound
        Attempt number by the uid of each pod that may report.
    tails
        Uids of the pods whose termination message has been stored.
    leaving
        Uids of Jobs and pods whose deletion the API server has accepted.
    views
        The last view of each Job and pod, by uid, with the version that it was made of.
    sampled
        How many sampled Trials were seen, by the Study's uid: the newest may have been deleted.
    """

    studies: ObjectCache = field(default_factory=lambda: ObjectCache(study_key))
    trials: ObjectCache = field(default_factory=lambda: ObjectCache(trial_key))
    jobs: ObjectCache = field(default_factory=lambda: ObjectCache(labelled_key))
    pods: ObjectCache = field(default_factory=lambda: ObjectCache(labelled_key))
    verdicts: dict[str, TemplateVerdict] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)
    tails: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    sampled: dict[str, int] = field(default_factory=dict)
    views: dict[str, tuple[tuple[int, bool], object]] = field(default_factory=dict)
    parsed: dict[str, tuple[int, Study | SpecError]] = field(default_factory=dict)

    def cache(self, plural: str) -> ObjectCache:
        """Return the cache of a kind."""
        return {
            "studies": self.studies,
            "trials": self.trials,
            "jobs": self.jobs,
            "pods": self.pods,
        }[plural]

    def study(self, key: StudyKey) -> Object | None:
        """Return the Study of a key: the newest, should an earlier one not be seen gone yet."""
        found = list(self.studies.of(key))
        return max(found, key=_created, default=None)

    def parse(self, obj: Object) -> Study | SpecError:
        """Read a Study's spec, or tell why it cannot be read."""
        meta = obj["metadata"]
        generation = int(meta.get("generation", 0))
        known = self.parsed.get(meta["uid"])
        if known is not None and known[0] == generation:
            return known[1]
        found: Study | SpecError
        try:
            found = parse_study({key: obj[key] for key in obj if key != "status"})
        except SpecError as error:
            found = error
        self.parsed[meta["uid"]] = (generation, found)
        return found

    def snapshot(self, key: StudyKey, obj: Object, record: StudyRecord) -> Snapshot:
        """Put together what the next plan of a study depends on."""
        uid, name = obj["metadata"]["uid"], key.name
        study = self.parse(obj)
        error = str(study) if isinstance(study, SpecError) else None
        spec = study.spec if isinstance(study, Study) else None
        trials = [trial for trial in self.trials.of(key) if _belongs(trial, uid)]
        pods = [pod for pod in self.pods.of(key) if _labelled(pod, uid)]
        views = tuple(
            trial_view(trial, name, uid, self.written.get(trial["metadata"]["uid"], 0.0))
            for trial in trials
        )
        numbers = sampled_numbers(views, number_limit(spec, record)) if spec is not None else []
        seen = max((number + 1 for number in numbers), default=0)
        self.sampled[uid] = max(seen, self.sampled.get(uid, 0))
        return Snapshot(
            study=study_view(obj, spec, error, self.written.get(uid, 0.0)),
            record=record,
            trials=views,
            jobs=tuple(
                self._view(job, job_view)
                for job in self.jobs.of(key)
                if _labelled(job, uid) and job["metadata"]["uid"] not in self.leaving
            ),
            pods=tuple(self._view(self._marked(pod), pod_view) for pod in pods),
            template=self.verdicts.get(uid),
            bound=self.bound,
            tails=frozenset(
                pod["metadata"]["uid"] for pod in pods if pod["metadata"]["uid"] in self.tails
            ),
            sampled=self.sampled[uid],
        )

    def _view(self, obj: Object, make: Callable[[Object], V]) -> V:
        """Return the view of an object, made once for each of its versions."""
        uid = obj["metadata"]["uid"]
        version = (version_of(obj), "deletionTimestamp" in obj["metadata"])
        known = self.views.get(uid)
        if known is not None and known[0] == version:
            return cast(V, known[1])
        view = make(obj)
        self.views[uid] = (version, view)
        return view

    def _marked(self, pod: Object) -> Object:
        """Return a pod as being deleted, if the API server has accepted its deletion."""
        if pod["metadata"]["uid"] not in self.leaving or "deletionTimestamp" in pod["metadata"]:
            return pod
        return {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": "accepted"}}

    def job_of(self, key: StudyKey, study_uid: str, number: int) -> Object | None:
        """Return the newest Job of a trial that is not being deleted."""
        found = list(self._of_trial(self.jobs, key, study_uid, number))
        return max(found, key=_created, default=None)

    def pods_of(self, key: StudyKey, study_uid: str, number: int) -> list[Object]:
        """Return the pods of a trial that are not being deleted."""
        return list(self._of_trial(self.pods, key, study_uid, number))

    def _of_trial(
        self, cache: ObjectCache, key: StudyKey, study_uid: str, number: int
    ) -> Iterable[Object]:
        for obj in cache.of(key):
            meta = obj["metadata"]
            if "deletionTimestamp" in meta or meta["uid"] in self.leaving:
                continue
            if _labelled(obj, study_uid) and _number(obj) == str(number):
                yield obj

    def forget_study(self, uid: str) -> None:
        """Drop what is remembered of a study."""
        for memory in (self.verdicts, self.written, self.parsed, self.sampled):
            memory.pop(uid, None)

    def tidy(self) -> list[str]:
        """Drop what is remembered of objects that are gone; return the uids of gone pods."""
        gone = [uid for uid in self.bound if self.pods.get(uid) is None]
        for uid in gone:
            del self.bound[uid]
        self.tails = {uid for uid in self.tails if self.pods.get(uid) is not None}
        self.leaving = {
            uid
            for uid in self.leaving
            if self.pods.get(uid) is not None or self.jobs.get(uid) is not None
        }
        for uid in [uid for uid in self.views if not (self.pods.get(uid) or self.jobs.get(uid))]:
            del self.views[uid]
        for uid in [uid for uid in self.written if not (self._known(uid))]:
            del self.written[uid]
        return gone

    def _known(self, uid: str) -> bool:
        return self.trials.get(uid) is not None or self.studies.get(uid) is not None


def _created(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]


def _belongs(trial: Object, study_uid: str) -> bool:
    """Whether a Trial is this Study's: made by it, or by hand without naming another's uid."""
    named = trial["spec"]["study"].get("uid")
    owned = controller_uid(trial)
    return named in (None, "", study_uid) and owned in ("", study_uid)


def _labelled(obj: Object, study_uid: str) -> bool:
    return (obj["metadata"].get("labels") or {}).get("espalier.dev/study-uid") == study_uid


def _number(obj: Object) -> str | None:
    number: str | None = (obj["metadata"].get("labels") or {}).get("espalier.dev/trial-number")
    return number
