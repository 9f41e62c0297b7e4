"""A TrainRun as the object that runs a trial."""

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

TRAIN_RUN = Kind("train.example", "v2", "trainruns", "TrainRun")
ANNOTATION = "train.example/run"
RANK = "train.example/rank"
OF = "train.example/run-name"
PHASES = {"Done": Finished.SUCCEEDED, "Lost": Finished.FAILED}


class TrainRun:
    """One pod at a time, told by its phase."""

    kind = TRAIN_RUN
    controllers_labels = frozenset({RANK, OF})
    reporters_labels = frozenset({RANK})

    def runs(self, spec: StudySpec) -> bool:
        """Whether a Study's template is annotated with it."""
        return ANNOTATION in ((spec.template.get("metadata") or {}).get("annotations") or {})

    def build(self, template: Manifest, order: WorkloadOrder) -> Manifest:
        """Return a TrainRun that tries once more than failures are made up for."""
        return {
            "apiVersion": TRAIN_RUN.api_version,
            "kind": TRAIN_RUN.name,
            "metadata": order.metadata,
            "run": {"pod": template, "tries": order.retries + 1},
            "spec": {"paused": order.suspended},
        }

    def view(self, obj: Object, number: int) -> WorkloadView:
        """Return what is seen of a TrainRun."""
        status = obj.get("status") or {}
        return workload_view(
            obj,
            number,
            TRAIN_RUN,
            suspended=bool((obj.get("spec") or {}).get("paused")),
            finished=PHASES.get(status.get("phase", ""), Finished.NO),
            reason=status.get("phase", ""),
            message=status.get("why", ""),
            selector=f"{OF}={obj['metadata']['name']}",
        )

    def kept(self, obj: Object) -> Manifest:
        """Return whether a TrainRun is paused, and its phase with the reason for it."""
        status = obj.get("status") or {}
        return {
            "spec": {"paused": bool((obj.get("spec") or {}).get("paused"))},
            "status": {key: status[key] for key in ("phase", "why") if key in status},
        }

    def suspend(self, suspended: bool) -> Manifest:
        """Return the patch that pauses a TrainRun or lets it go on."""
        return {"spec": {"paused": suspended}}

    def reports(self, pod: Object) -> bool:
        """Whether a pod is of the first rank."""
        return (pod["metadata"].get("labels") or {}).get(RANK) == "0"

    def deletions(self, workload: T, pods: Sequence[T]) -> Sequence[T]:
        """Return the TrainRun, then the pods, which it would make again."""
        return (workload, *pods)
