"""What the tool puts into a cluster: GPUs that are only counted, volumes, simulated nodes."""

import datetime
import urllib.error
import urllib.request
from typing import Any

from tools.cluster.api import Api
from tools.cluster.layout import Layout

GPU = "nvidia.com/gpu"
GPUS = 8
SIMULATED = "kwok.x-k8s.io/node=fake"
STORAGE_CLASS = "local"
_VOLUMES = {"ReadWriteOncePod": 12, "ReadWriteOnce": 4}


def answers(url: str) -> bool:
    """Tell whether a health endpoint says ok."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def node_ready(api: Api, layout: Layout, since: float) -> bool:
    """Tell whether the kubelet has reported, since it was started, that its node runs pods.

    What an earlier kubelet reported does not count: a new one first forgets the counted GPUs.
    """
    node = api.get(f"/api/v1/nodes/{layout.node}") or {}
    start = datetime.datetime.fromtimestamp(int(since), datetime.UTC)
    return any(
        condition["type"] == "Ready"
        and condition["status"] == "True"
        and datetime.datetime.fromisoformat(condition["lastHeartbeatTime"]) >= start
        for condition in node.get("status", {}).get("conditions", [])
    )


def offer_gpus(api: Api, layout: Layout) -> None:
    """Let the node claim GPUs: the scheduler counts them, no device is there."""
    status = {"status": {"capacity": {GPU: str(GPUS)}, "allocatable": {GPU: str(GPUS)}}}
    api.patch(f"/api/v1/nodes/{layout.node}/status", status)


def offer_volumes(api: Api, layout: Layout) -> None:
    """Make volumes for claims of the default class; an emptied one is offered again."""
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": STORAGE_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
        "reclaimPolicy": "Retain",
    }
    api.apply(f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS}", storage_class)
    for mode, count in _VOLUMES.items():
        for number in range(count):
            _offer_volume(api, layout, f"{STORAGE_CLASS}-{mode.lower()}-{number}", mode)


def simulated_node(name: str, gpus: int = GPUS) -> dict[str, Any]:
    """Return a node that KWOK keeps alive; only pods that tolerate its taint come to it."""
    key, _, value = SIMULATED.partition("=")
    size = {"cpu": "64", "memory": "512Gi", "pods": "1000", GPU: str(gpus)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": {key: value}, "labels": {"type": "simulated"}},
        "spec": {"taints": [{"key": key, "value": value, "effect": "NoSchedule"}]},
        "status": {"capacity": size, "allocatable": size},
    }


def _offer_volume(api: Api, layout: Layout, name: str, mode: str) -> None:
    folder = layout.state / "volumes" / name
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)  # fsGroup does not apply to hostPath, and pods run as any user
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [layout.node]}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "100Gi"},
            "accessModes": [mode],
            "storageClassName": STORAGE_CLASS,
            "persistentVolumeReclaimPolicy": "Recycle",
            "hostPath": {"path": str(folder), "type": "Directory"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
    api.apply(f"/api/v1/persistentvolumes/{name}", volume)
