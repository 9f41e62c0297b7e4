"""The controllers of a cluster that matter to a trial: of Jobs, garbage and namespaces."""

from __future__ import annotations

import itertools
from typing import Any

from espalier.kube import POD, STUDY, TRIAL, Kind
from espalier.planning.workload.job import JOB
from espalier.planning.world.observe import seconds, timestamp
from tests.simulation.api_server import ApiServer, Object, controller_of, pod_over

FINALIZER = "batch.kubernetes.io/job-tracking"
KINDS: dict[str, Kind] = {kind.plural: kind for kind in (STUDY, TRIAL, JOB, POD)}


class Controllers:
    """The controller manager; `step` lets every controller look at everything once.

    Parameters
    ----------
    ttl
        Seconds after which a finished Job is deleted; None: never.
    """

    def __init__(self, api: ApiServer, ttl: float | None = None) -> None:
        self._api = api
        self._serial = itertools.count()
        self.ttl = ttl

    def step(self) -> None:
        """Do what is due."""
        self._collect_garbage()
        self._end_namespaces()
        for job in self._api.of("jobs"):
            self._look_at_job(job)
        for pod in self._api.of("pods"):
            self._let_go(pod)

    # -- Jobs -------------------------------------------------------------------------------

    def _look_at_job(self, job: Object) -> None:
        meta, spec, status = job["metadata"], job.get("spec") or {}, job.get("status") or {}
        mine = [pod for pod in self._api.of("pods", meta["namespace"]) if _owned(pod, meta["uid"])]
        if finished(job):
            self._clean_up(job)
            return
        counted = [pod for pod in mine if pod_over(pod) and FINALIZER in _finalizers(pod)]
        good = sum(pod["status"]["phase"] == "Succeeded" for pod in counted)
        bad = sum(pod["status"]["phase"] == "Failed" and not disrupted(pod) for pod in counted)
        succeeded = status.get("succeeded", 0) + good
        failed = status.get("failed", 0) + bad
        conditions = []
        if succeeded:
            conditions = [_true("SuccessCriteriaMet"), _true("Complete")]
        elif failed > spec.get("backoffLimit", 6):
            reason = "BackoffLimitExceeded"
            conditions = [_true("FailureTarget", reason), _true("Failed", reason)]
        patch: Object = {"succeeded": succeeded, "failed": failed, "conditions": conditions}
        if good or bad or conditions:
            job = self._api.merge(
                JOB, meta["namespace"], meta["name"], {"status": patch}, "jobs", "status"
            )
        for pod in counted:
            self._release(pod)
        if not conditions:
            self._run(job, [pod for pod in mine if not pod_over(pod)])

    def _run(self, job: Object, active: list[Object]) -> None:
        """Make a pod where none is active, end those of a suspended Job."""
        meta, spec = job["metadata"], job.get("spec") or {}
        if spec.get("suspend"):
            for pod in active:
                self._api.remove(POD, meta["namespace"], pod["metadata"]["name"], "jobs")
            return
        if active or not self._api.namespaces.get(meta["namespace"], False):
            return
        template = spec.get("template") or {}
        labels = {**((template.get("metadata") or {}).get("labels") or {})}
        labels["batch.kubernetes.io/job-name"] = meta["name"]
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
        body = {
            "metadata": {
                "name": f"{meta['name']}-{next(self._serial):04x}",
                "labels": labels,
                "finalizers": [FINALIZER],
                "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
            },
            "spec": template.get("spec") or {},
            "status": {"phase": "Pending"},
        }
        pod = self._api.create(POD, meta["namespace"], body, "jobs")
        name = pod["metadata"]["name"]
        self._api.merge(
            POD, meta["namespace"], name, {"status": {"phase": "Pending"}}, "jobs", "status"
        )

    def _let_go(self, pod: Object) -> None:
        """Count no pod whose Job is gone or finished."""
        if FINALIZER not in _finalizers(pod):
            return
        job = self._api.by_uid("jobs", controller_of(pod).get("uid", ""))
        if job is None or finished(job):
            self._release(pod)

    def _release(self, pod: Object) -> None:
        meta = pod["metadata"]
        current = self._api.find("pods", meta["name"], meta["namespace"])
        if current is None or current["metadata"]["uid"] != meta["uid"]:
            return
        left = [each for each in _finalizers(current) if each != FINALIZER]
        patch = {"metadata": {"finalizers": left or None}}
        self._api.merge(POD, meta["namespace"], meta["name"], patch, "jobs")

    def _clean_up(self, job: Object) -> None:
        done = seconds((job.get("status") or {}).get("completionTime"))
        if done is None:
            patch = {"status": {"completionTime": timestamp(self._api.clock())}}
            meta = job["metadata"]
            self._api.merge(JOB, meta["namespace"], meta["name"], patch, "jobs", "status")
        elif self.ttl is not None and self._api.clock() - done >= self.ttl:
            self._api.remove(JOB, job["metadata"]["namespace"], job["metadata"]["name"], "ttl")

    # -- what is left over ------------------------------------------------------------------

    def _collect_garbage(self) -> None:
        """Delete what has owners of which none is there any more."""
        living = {
            (obj["metadata"]["namespace"], obj["metadata"]["uid"])
            for obj in self._api.objects.values()
        }
        for (plural, namespace, name), obj in list(self._api.objects.items()):
            owners = obj["metadata"].get("ownerReferences") or ()
            gone = owners and not any((namespace, owner["uid"]) in living for owner in owners)
            if gone and self._may_go(plural, obj):
                self._api.remove(KINDS[plural], namespace, name, "garbage")

    def _end_namespaces(self) -> None:
        for namespace, alive in list(self._api.namespaces.items()):
            if alive:
                continue
            left = [key for key in self._api.objects if key[1] == namespace]
            for plural, _, name in left:
                obj = self._api.objects.get((plural, namespace, name))
                if obj is not None and self._may_go(plural, obj):
                    self._api.remove(KINDS[plural], namespace, name, "namespaces")
            if not left:
                del self._api.namespaces[namespace]

    def _may_go(self, plural: str, obj: Object) -> bool:
        served = KINDS[plural].group not in self._api.unserved_groups
        return served and "deletionTimestamp" not in obj["metadata"]


def finished(job: Object) -> bool:
    """Whether a Job has come to its end."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(
        each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions
    )


def disrupted(pod: Object) -> bool:
    """Whether a pod was ended by a disruption."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "DisruptionTarget" for each in conditions)


def _owned(obj: Object, uid: str) -> bool:
    return controller_of(obj).get("uid") == uid


def _finalizers(obj: Object) -> list[str]:
    return list(obj["metadata"].get("finalizers") or ())


def _true(type_: str, reason: str = "") -> dict[str, Any]:
    return {"type": type_, "status": "True", "reason": reason, "message": ""}
