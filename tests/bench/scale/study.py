"""The Study of a run, and its Trials that have ended before the operator starts."""

from __future__ import annotations

import time
from typing import Any

from espalier.api.conditions import timestamp
from espalier.planning.world import names
from tests.bench.scale.curves import WARM_UP, Curves
from tests.bench.scale.sidecar import METRIC
from tests.bench.scale.size import Size
from tools.cluster.objects import GPU, SIMULATED

NAMESPACE = "scale"
NAME = "study"
STUDIES = f"/apis/espalier.dev/v1alpha1/namespaces/{NAMESPACE}/studies"
TRIALS = f"/apis/espalier.dev/v1alpha1/namespaces/{NAMESPACE}/trials"
HELD_SECONDS = 100.0
"""For how long each trial that has ended is said to have held its node."""


def study_of(size: Size) -> dict[str, Any]:
    """Return the Study: Median, and one trial at first, so that the start of all can be timed."""
    key, _, value = SIMULATED.partition("=")
    container = {
        "name": "trainer",
        "image": "registry.local/replay:dev",
        "args": ["--lr=$(PARAM_lr)"],
        "resources": {"limits": {GPU: "1"}},
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Study",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "objective": {"metric": METRIC, "direction": "Maximize"},
            "resource": {"name": "epoch", "max": size.steps},
            "parameters": [{"name": "lr", "float": {"min": 0.001, "max": 1.0, "scale": "Log"}}],
            "sampler": {"type": "Random", "seed": 7},
            "pruner": {"type": "Median", "median": {"startupTrials": 5, "warmupSteps": WARM_UP}},
            # Which trials are pruned is known beforehand only without these two.
            "pruning": {"gracePeriodSeconds": 10, "keepBest": 0, "exemptPercent": 0},
            "trials": {"max": size.trials, "parallelism": 1, "maxFailed": 100},
            "template": {
                "spec": {
                    "containers": [container],
                    "tolerations": [{"key": key, "value": value, "effect": "NoSchedule"}],
                }
            },
        },
    }


def ended_trial(study_uid: str, number: int, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a Trial that the operator would have made."""
    name = names.trial_name(NAME, number)
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Trial",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {
                names.STUDY_LABEL: NAME,
                names.STUDY_UID_LABEL: study_uid,
                names.TRIAL_LABEL: name,
                names.NUMBER_LABEL: str(number),
            },
            "ownerReferences": [
                {
                    "apiVersion": names.API_VERSION,
                    "kind": "Study",
                    "name": NAME,
                    "uid": study_uid,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "study": {"name": NAME, "uid": study_uid},
            "number": number,
            "parameters": parameters,
        },
    }


def ended_status(number: int, size: Size, at: float) -> dict[str, Any]:
    """Return what the operator says of a trial that has completed."""
    best = Curves(size.steps).value(number, size.steps)
    message = f"The trainer ended with exit code 0; best {METRIC} {best} at epoch {size.steps}."
    told = {"status": "True", "lastTransitionTime": timestamp(at), "observedGeneration": 1}
    return {
        "observedGeneration": 1,
        "conditions": [
            {"type": "Started", "reason": "TrainerStarted", "message": "It ran.", **told},
            {"type": "Finished", "reason": "Completed", "message": message, **told},
        ],
        "phase": "Completed",
        "number": number,
        "attempt": 1,
        "step": size.steps,
        "latest": best,
        "best": best,
        "startTime": timestamp(at - HELD_SECONDS),
        "completionTime": timestamp(at),
        "gpuSeconds": HELD_SECONDS,
        "trialSeconds": HELD_SECONDS,
        "reason": "Completed",
    }


def ended_at() -> float:
    """Return when the trials that have ended did so: just before the run."""
    return time.time() - 60.0
