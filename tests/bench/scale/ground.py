"""What a run stands on: a control plane, KWOK's nodes, the kinds, and users told apart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.bench.scale.api import Access
from tests.bench.scale.size import GPUS_A_NODE, Size
from tests.bench.scale.study import NAMESPACE
from tools.cluster import lifecycle, objects, process
from tools.cluster.api import Api, write_kubeconfig
from tools.cluster.certificates import Authority
from tools.cluster.control_plane import server
from tools.cluster.layout import Kind, Layout
from tools.cluster.parts import tool
from tools.cluster.progress import Progress

ROOT = Path(__file__).parents[3]
OWN_NAMESPACE = "espalier-system"
CA_SECRET = "espalier-ca"
OPERATOR, KWOK, LOAD = "espalier", "kwok", "load"
_STAGES = ROOT / "tools" / "cluster" / "manifests" / "simulation.yaml"
_LEVELS = {OPERATOR: "workload-low", KWOK: "system", LOAD: "system"}
"""Under which priority the API server takes their requests: as of a service account, of nodes."""
_PATIENCE = 60.0


@dataclass(frozen=True)
class Ground:
    """A cluster that is up, and how its users come to it."""

    layout: Layout
    authority: Authority
    kubeconfig: Path

    def access(self, user: str, *groups: str) -> Access:
        """Return how a user comes to the API server."""
        certificate, key = self.authority.issue(user, user, groups)
        ca = self.authority.certificate_file
        return Access(server(self.layout), str(ca), str(certificate), str(key))

    def pids(self) -> dict[str, int]:
        """Return the process of each part."""
        return {part.component: part.pid for part in lifecycle.status(self.layout)}


def prepare(name: str, size: Size, progress: Progress) -> Ground:
    """Bring everything up that a run needs before its Study and its operator."""
    if lifecycle.find(name, Kind.CONTROL_PLANE) is not None:
        lifecycle.down(name, Kind.CONTROL_PLANE, progress)
    layout = lifecycle.up(name, Kind.CONTROL_PLANE, progress)
    authority = Authority(layout.certificates)
    api = Api(server(layout), authority)
    with progress.step("users, kinds and namespaces"):
        _users(api)
        _kinds(api)
        _namespaces(api)
    with progress.step(f"{size.nodes} nodes that KWOK plays"):
        _kwok(layout, authority)
        for number in range(size.nodes):
            node = objects.simulated_node(f"simulated-{number}", GPUS_A_NODE)
            api.apply(f"/api/v1/nodes/{node['metadata']['name']}", node)
        _wait("the nodes to be Ready", lambda: _ready(api) >= size.nodes)
    kubeconfig = write_kubeconfig(
        layout.state / "espalier.kubeconfig", server(layout), authority, OPERATOR, OPERATOR
    )
    return Ground(layout, authority, kubeconfig)


def _users(api: Api) -> None:
    """Let each user do all, and count the requests of each."""
    for user, level in _LEVELS.items():
        subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
        api.apply(
            f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/scale-{user}",
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": f"scale-{user}"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "cluster-admin",
                },
                "subjects": [subject],
            },
        )
        api.apply(
            f"/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/scale-{user}",
            _flow_schema(user, level),
        )


def _flow_schema(user: str, level: str) -> dict[str, Any]:
    every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": f"scale-{user}"},
        "spec": {
            "matchingPrecedence": 100,
            "priorityLevelConfiguration": {"name": level},
            "distinguisherMethod": {"type": "ByUser"},
            "rules": [
                {
                    "subjects": [{"kind": "User", "user": {"name": user}}],
                    "resourceRules": [{**every, "clusterScope": True, "namespaces": ["*"]}],
                    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
                }
            ],
        },
    }


def _kinds(api: Api) -> None:
    for path in sorted((ROOT / "crds").glob("*.yaml")):
        crd = yaml.safe_load(path.read_text())
        name = crd["metadata"]["name"]
        api.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", crd)
    for plural in ("studies", "trials"):
        path = f"/apis/espalier.dev/v1alpha1/{plural}"
        _wait(f"{plural} to be served", lambda path=path: api.get(path) is not None)


def _namespaces(api: Api) -> None:
    for name in (NAMESPACE, OWN_NAMESPACE):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        api.apply(f"/api/v1/namespaces/{name}", body)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CA_SECRET}}
    api.apply(f"/api/v1/namespaces/{OWN_NAMESPACE}/secrets/{CA_SECRET}", secret)
    account = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"
    _wait("the namespace's service account", lambda: api.get(account) is not None)


def _kwok(layout: Layout, authority: Authority) -> None:
    kubeconfig = write_kubeconfig(
        layout.state / "kwok.kubeconfig", server(layout), authority, KWOK, KWOK
    )
    arguments: list[str | Path] = [
        tool(layout.cache, "kwok"),
        f"--kubeconfig={kubeconfig}",
        f"--config={_STAGES}",
        f"--manage-nodes-with-annotation-selector={objects.SIMULATED}",
        f"--cidr={layout.simulated_pods}",
        f"--node-ip={layout.address}",
        "--node-lease-duration-seconds=40",
    ]
    process.start(KWOK, arguments, state=layout.state)


def _ready(api: Api) -> int:
    nodes = (api.get("/api/v1/nodes") or {}).get("items", [])
    return sum(
        condition["type"] == "Ready" and condition["status"] == "True"
        for node in nodes
        for condition in node.get("status", {}).get("conditions", [])
    )


def _wait(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {_PATIENCE:.0f} s in vain for {what}")
        time.sleep(0.2)


def generator_settings(ground: Ground, size: Size) -> str:
    """Return what the load's process is told at its start."""
    access = ground.access(LOAD)
    return json.dumps(
        {
            "access": vars(access),
            "namespace": NAMESPACE,
            "curves": {"steps": size.steps, "pruned_percent": size.pruned_percent},
        }
    )
