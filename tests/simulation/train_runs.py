"""TrainRuns in the played cluster: registered as a kind of workload, and their controller."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from espalier.kube import POD
from espalier.planning.workload import registry
from tests.simulation import controllers
from tests.simulation.api_server import ApiServer, controller_of, pod_over
from tests.simulation.train_run import OF, PHASES, RANK, TRAIN_RUN, TrainRun


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
            if (run.get("status") or {}).get("phase") not in PHASES:
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
