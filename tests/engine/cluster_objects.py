"""A finished trial's Trial, Job and pod as an API server sends them, with all that comes along."""

from __future__ import annotations

import copy
from typing import Any

Obj = dict[str, Any]
STUDY_UID = "0c5dd1c8-3c43-4f0e-9d0a-3a1c0f6f2b11"
IMAGE = "images.local/team/trainer@sha256:" + "ab" * 32
AT = "2026-11-28T21:08:00Z"


def _fields(*parts: Any) -> Obj:
    """Return managed fields for the leaves of objects, as server-side tracking writes them."""

    def of(value: Any) -> Any:
        if isinstance(value, dict):
            return {f"f:{key}": of(each) for key, each in value.items()}
        if isinstance(value, list):
            named = [each for each in value if isinstance(each, dict)]
            return {f'k:{{"n":"{i}"}}': {".": {}, **of(each)} for i, each in enumerate(named)}
        return {}

    return {
        "manager": "kube-controller-manager",
        "operation": "Update",
        "apiVersion": "v1",
        "time": AT,
        "fieldsType": "FieldsV1",
        "fieldsV1": {key: value for part in parts for key, value in of(part).items()},
    }


def _meta(name: str, number: int, kind: str, owner: Obj, **more: Any) -> Obj:
    return {
        "name": name,
        "namespace": "research",
        "uid": f"{kind}-{number:08d}-aaaa-bbbb-cccc-0123456789ab",
        "resourceVersion": str(1000 + number),
        "generation": 1,
        "creationTimestamp": AT,
        "labels": {
            "espalier.dev/study": "digits",
            "espalier.dev/study-uid": STUDY_UID,
            "espalier.dev/trial": f"digits-{number}",
            "espalier.dev/trial-number": str(number),
            "app.kubernetes.io/part-of": "research",
        },
        "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
        **more,
    }


def _condition(type_: str, status: str, **more: Any) -> Obj:
    return {"type": type_, "status": status, "lastTransitionTime": AT, "lastProbeTime": None} | more


def _pod_spec() -> Obj:
    env = [{"name": f"PARAM_{name}", "value": "0.0123"} for name in ("lr", "momentum", "layers")]
    env += [{"name": f"SETTING_{i}", "value": "x" * 40} for i in range(12)]
    container = {
        "name": "trainer",
        "image": IMAGE,
        "args": ["--lr=$(PARAM_lr)", "--epochs=27"],
        "env": env,
        "resources": {
            "limits": {"nvidia.com/gpu": "2", "cpu": "4", "memory": "16Gi"},
            "requests": {"nvidia.com/gpu": "2", "cpu": "4", "memory": "16Gi"},
        },
        "volumeMounts": [{"name": "espalier", "mountPath": "/espalier"}],
        "terminationMessagePath": "/dev/termination-log",
        "imagePullPolicy": "IfNotPresent",
    }
    sidecar = {**copy.deepcopy(container), "name": "espalier-sidecar", "restartPolicy": "Always"}
    sidecar["env"] = [{"name": "ESPALIER_CA", "value": "-----BEGIN CERTIFICATE-----" + "M" * 600}]
    sidecar["resources"] = {"limits": {"cpu": "50m", "memory": "64Mi"}}
    return {
        "containers": [container],
        "initContainers": [sidecar],
        "volumes": [{"name": "espalier", "emptyDir": {"sizeLimit": "64Mi"}}],
        "restartPolicy": "Never",
        "nodeName": "node-7",
        "serviceAccountName": "default",
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}],
        "schedulerName": "default-scheduler",
        "priority": 0,
    }


def trial(number: int = 0) -> Obj:
    """Return a Trial that was completed."""
    owner = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "name": "digits"}
    meta = _meta(f"digits-{number}", number, "trial", owner | {"uid": STUDY_UID})
    spec = {
        "number": number,
        "parameters": {"lr": 0.0123 + number, "momentum": 0.9, "layers": 3},
        "study": {"name": "digits", "uid": STUDY_UID},
    }
    status = {
        "number": number,
        "attempt": 1,
        "phase": "Completed",
        "reason": "Completed",
        "step": 27,
        "latest": 0.91 + number / 1e6,
        "best": 0.92 + number / 1e6,
        "observedGeneration": 1,
        "gpuSeconds": 120.5,
        "startTime": AT,
        "completionTime": AT,
        "decision": {
            "action": "Keep",
            "reason": "AboveMedian",
            "pruner": "Median",
            "message": "Kept at step 27: 0.91 is not below the median 0.9 of 12 trials.",
            "evidence": {"value": 0.91, "median": 0.9, "trials": 12},
        },
        "conditions": [
            _condition("Started", "True", reason="JobCreated", message=f"Job digits-{number}."),
            _condition("Finished", "True", reason="Completed", message="Exited with code 0; best."),
        ],
    }
    meta["managedFields"] = [_fields({"metadata": meta, "spec": spec}), _fields({"status": status})]
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": meta,
        "spec": spec,
        "status": status,
    }


def job(number: int = 0) -> Obj:
    """Return its Job, which is complete."""
    owner = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Trial", "name": f"digits-{number}"}
    owner["uid"] = trial(number)["metadata"]["uid"]
    meta = _meta(f"digits-{number}", number, "job", owner)
    meta["annotations"] = {"espalier.dev/template": "123456789", "batch/tracking": ""}
    spec = {
        "backoffLimit": 0,
        "completions": 1,
        "parallelism": 1,
        "suspend": False,
        "template": {"metadata": {"labels": meta["labels"]}, "spec": _pod_spec()},
    }
    status = {
        "succeeded": 1,
        "startTime": AT,
        "completionTime": AT,
        "uncountedTerminatedPods": {},
        "conditions": [
            _condition("SuccessCriteriaMet", "True", reason="CompletionsReached", message="1"),
            _condition("Complete", "True", reason="CompletionsReached", message="Reached 1."),
        ],
    }
    meta["managedFields"] = [_fields({"metadata": meta, "spec": spec}), _fields({"status": status})]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": meta,
        "spec": spec,
        "status": status,
    }


def _ended(name: str) -> Obj:
    return {
        "name": name,
        "image": IMAGE,
        "imageID": IMAGE,
        "containerID": "containerd://" + "cd" * 32,
        "ready": False,
        "started": False,
        "restartCount": 0,
        "lastState": {},
        "state": {
            "terminated": {
                "exitCode": 0,
                "reason": "Completed",
                "message": "",
                "startedAt": AT,
                "finishedAt": AT,
                "containerID": "containerd://" + "cd" * 32,
            }
        },
        "volumeMounts": [{"name": "espalier", "mountPath": "/espalier"}],
        "resources": {"limits": {"cpu": "4"}},
    }


def pod(number: int = 0) -> Obj:
    """Return its pod, which has succeeded."""
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": f"digits-{number}"}
    owner["uid"] = job(number)["metadata"]["uid"]
    meta = _meta(f"digits-{number}-x7k2p", number, "pod", owner, generateName=f"digits-{number}-")
    spec = _pod_spec()
    status = {
        "phase": "Succeeded",
        "startTime": AT,
        "hostIP": "10.0.0.7",
        "podIP": "10.1.0.9",
        "podIPs": [{"ip": "10.1.0.9"}],
        "qosClass": "Burstable",
        "conditions": [
            _condition(type_, "True", reason="PodCompleted")
            for type_ in ("PodReadyToStartContainers", "Initialized", "Ready", "PodScheduled")
        ],
        "initContainerStatuses": [_ended("espalier-sidecar")],
        "containerStatuses": [_ended("trainer")],
    }
    meta["managedFields"] = [_fields({"metadata": meta, "spec": spec}), _fields({"status": status})]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}


def study() -> Obj:
    """Return the Study."""
    meta = _meta(
        "digits", 0, "study", {"apiVersion": "v1", "kind": "Team", "name": "t", "uid": "t"}
    )
    meta |= {"uid": STUDY_UID, "annotations": {"kubectl.kubernetes.io/last-applied": "x" * 2000}}
    meta["labels"]["kueue.x-k8s.io/queue-name"] = "research"
    spec = {
        "objective": {"metric": "val_accuracy", "direction": "Maximize"},
        "resource": {"name": "epoch", "max": 27},
        "parameters": [{"name": "lr", "float": {"min": 0.1, "max": 1.0}}],
        "trials": {"max": 100},
        "template": {"spec": {"containers": [{"name": "trainer", "image": IMAGE}]}},
    }
    status = {"state": "Running", "counts": {"running": 3}, "best": {"number": 2, "value": 0.9}}
    meta["managedFields"] = [_fields({"spec": spec})]
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": meta,
        "spec": spec,
        "status": status,
    }
