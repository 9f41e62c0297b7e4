"""A kind of workload that nobody has: a TrainRun, which differs from a Job wherever it can.

Its pod template, its suspension and its end are said in other fields; its pods have ranks, of which
the first reports; and it is deleted before its pods. `registered` makes it one of the kinds that
run trials: for the Studies whose template is annotated with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

from espalier.api import StudySpec
from espalier.kube import POD
from espalier.planning.workload import registry
from espalier.planning.workload.kind import Manifest, Object, WorkloadOrder
from espalier.planning.world.kinds import Kind
from espalier.planning.world.observe import workload_view
from espalier.planning.world.workload_view import Finished, WorkloadView
from tests.simulation import controllers
from tests.simulation.api_server import ApiServer, controller_of, pod_over

T = TypeVar("T")

TRAIN_RUN = Kind("train.example", "v2", "trainruns", "TrainRun")
ANNOTATION = "train.example/run"
RANK = "train.example/rank"
OF = "train.example/run-name"
_PHASES = {"Done": Finished.SUCCEEDED, "Lost": Finished.FAILED}


class TrainRun:
    """The kind, as a file of `espalier.planning.workload` would have it."""

    kind = TRAIN_RUN
    controllers_labels = frozenset({RANK, OF})
    reporters_labels = frozenset({RANK})

    def runs(self, spec: StudySpec) -> bool:
        return ANNOTATION in ((spec.template.get("metadata") or {}).get("annotations") or {})

    def build(self, template: Manifest, order: WorkloadOrder) -> Manifest:
        return {
            "apiVersion": TRAIN_RUN.api_version,
            "kind": TRAIN_RUN.name,
            "metadata": order.metadata,
            "run": {"pod": template, "tries": order.retries + 1},
            "spec": {"paused": order.suspended},
        }

    def view(self, obj: Object, number: int) -> WorkloadView:
        status = obj.get("status") or {}
        return workload_view(
            obj,
            number,
            TRAIN_RUN,
            suspended=bool((obj.get("spec") or {}).get("paused")),
            finished=_PHASES.get(status.get("phase", ""), Finished.NO),
            reason=status.get("phase", ""),
            message=status.get("why", ""),
            selector=f"{OF}={obj['metadata']['name']}",
        )

    def kept(self, obj: Object) -> Manifest:
        status = obj.get("status") or {}
        return {
            "spec": {"paused": bool((obj.get("spec") or {}).get("paused"))},
            "status": {key: status[key] for key in ("phase", "why") if key in status},
        }

    def suspend(self, suspended: bool) -> Manifest:
        return {"spec": {"paused": suspended}}

    def reports(self, pod: Object) -> bool:
        return (pod["metadata"].get("labels") or {}).get(RANK) == "0"

    def deletions(self, workload: T, pods: Sequence[T]) -> Sequence[T]:
        return (workload, *pods)


@contextmanager
def registered() -> Iterator[TrainRun]:
    """Have TrainRuns run trials: the one line of the registry, and a cluster that knows them."""
    kind = TrainRun()
    with (
        patch.object(registry, "KINDS", (kind, *registry.KINDS)),
        patch.dict(controllers.KINDS, {TRAIN_RUN.plural: TRAIN_RUN}),
    ):
        yield kind


class TrainRuns:
    """The controller of TrainRuns: one pod at a time, as often as it may try."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._serial = itertools.count()

    def step(self) -> None:
        """Look at each once."""
        for run in self._api.of(TRAIN_RUN.plural):
            if (run.get("status") or {}).get("phase") not in _PHASES:
                self._look_at(run)

    def _look_at(self, run: dict[str, Any]) -> None:
        meta = run["metadata"]
        pods = self._api.of("pods", meta["namespace"])
        mine = [pod for pod in pods if controller_of(pod).get("uid") == meta["uid"]]
        active = [pod for pod in mine if not pod_over(pod)]
        phases = [(pod.get("status") or {}).get("phase") for pod in mine]
        if "Succeeded" in phases:
            self._end(meta, "Done")
        elif phases.count("Failed") >= run["run"]["tries"]:
            self._end(meta, "Lost")
        elif run["spec"]["paused"]:
            for pod in active:
                self._api.remove(POD, meta["namespace"], pod["metadata"]["name"], "trainruns")
        elif not active:
            self._make_pod(meta, run["run"]["pod"])

    def _end(self, meta: dict[str, Any], phase: str) -> None:
        patch = {"status": {"phase": phase}}
        name, namespace = meta["name"], meta["namespace"]
        self._api.merge(TRAIN_RUN, namespace, name, patch, "trainruns", "status")

    def _make_pod(self, meta: dict[str, Any], template: dict[str, Any]) -> None:
        labels = {**template["metadata"]["labels"], OF: meta["name"], RANK: "0"}
        owner = {"apiVersion": TRAIN_RUN.api_version, "kind": TRAIN_RUN.name, "name": meta["name"]}
        body = {
            "metadata": {
                "name": f"{meta['name']}-{next(self._serial):04x}",
                "labels": labels,
                "ownerReferences": [{**owner, "uid": meta["uid"], "controller": True}],
            },
            "spec": template["spec"],
        }
        pod = self._api.create(POD, meta["namespace"], body, "trainruns")
        name, pending = pod["metadata"]["name"], {"status": {"phase": "Pending"}}
        self._api.merge(POD, meta["namespace"], name, pending, "trainruns", "status")
