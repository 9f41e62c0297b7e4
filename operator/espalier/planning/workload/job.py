"""Kubernetes' own Job as the object that runs a trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from espalier.planning.workload.kind import Manifest, Object, WorkloadOrder
from espalier.planning.world.kinds import Kind
from espalier.planning.world.observe import workload_view
from espalier.planning.world.workload_view import Finished, WorkloadView

if TYPE_CHECKING:
    from espalier.api import StudySpec

T = TypeVar("T")

JOB = Kind("batch", "v1", "jobs", "Job")
_NAME_LABEL = "batch.kubernetes.io/job-name"
_LABELS = frozenset(
    {"batch.kubernetes.io/controller-uid", _NAME_LABEL, "controller-uid", "job-name"}
)
"""The API server writes them into each Job's template, and refuses other values."""
_CONDITION = ("type", "status", "reason", "message")
_COMPLETE = ("Complete", "SuccessCriteriaMet")
_FAILED = ("Failed", "FailureTarget")
"""Conditions that a Job has at its end, and the ones before them while its pods go."""


class Job:
    """One pod at a time, of which each makes up for the one before."""

    kind = JOB
    controllers_labels = _LABELS
    reporters_labels: frozenset[str] = frozenset()

    def runs(self, spec: StudySpec) -> bool:
        """Whether a Study has its trials run by Jobs: all that ask for nothing else."""
        return True

    def build(self, template: Manifest, order: WorkloadOrder) -> Manifest:
        """Return a Job that makes one pod, and another one for each failure that is made up for."""
        return {
            "apiVersion": JOB.api_version,
            "kind": JOB.name,
            "metadata": order.metadata,
            "spec": {
                "completions": 1,
                "parallelism": 1,
                "backoffLimit": order.retries,
                "podReplacementPolicy": "Failed",
                "podFailurePolicy": {
                    "rules": [
                        {
                            "action": "Ignore",
                            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                        }
                    ]
                },
                "template": template,
                # A queue lets it run; else a pod would be made before the queue sees the Job.
                **({"suspend": True} if order.suspended else {}),
            },
        }

    def view(self, obj: Object, number: int) -> WorkloadView:
        """Return what is seen of a Job."""
        true = {
            condition["type"]: condition
            for condition in (obj.get("status") or {}).get("conditions") or ()
            if condition.get("status") == "True"
        }
        failed: Object = next((true[each] for each in _FAILED if each in true), {})
        finished = Finished.FAILED if failed else Finished.NO
        return workload_view(
            obj,
            number,
            JOB,
            suspended=bool((obj.get("spec") or {}).get("suspend")),
            finished=Finished.SUCCEEDED if any(each in true for each in _COMPLETE) else finished,
            reason=failed.get("reason", ""),
            message=failed.get("message", ""),
            selector=f"{_NAME_LABEL}={obj['metadata']['name']}",
        )

    def kept(self, obj: Object) -> Manifest:
        """Return whether a Job is suspended, and its conditions."""
        conditions = (obj.get("status") or {}).get("conditions") or ()
        told = [{key: each[key] for key in _CONDITION if key in each} for each in conditions]
        suspended = (obj.get("spec") or {}).get("suspend")
        return {
            **({"spec": {"suspend": True}} if suspended else {}),
            "status": {"conditions": told},
        }

    def suspend(self, suspended: bool) -> Manifest:
        """Return the patch that suspends a Job or lets it run again."""
        return {"spec": {"suspend": suspended}}

    def reports(self, pod: Object) -> bool:
        """Whether a pod of a Job may report: each may, since there is one at a time."""
        return True

    def deletions(self, workload: T, pods: Sequence[T]) -> Sequence[T]:
        """Return the pods, then the Job.

        The garbage collector would give the pods their own grace period. No other pod is made
        before they are gone (`podReplacementPolicy`).
        """
        return (*pods, workload)
