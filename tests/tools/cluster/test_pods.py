"""The full cluster runs what the operator needs: native sidecars, DNS, services, volumes, GPUs."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE, WITH_PATIENCE
from tools.cluster import lifecycle
from tools.cluster.images import BASE
from tools.cluster.layout import cache_folder
from tools.cluster.objects import GPU, GPUS, simulated_node
from tools.cluster.parts import tool

NAMESPACE = "tool-test"
GREETING = "hello from a volume"
SIDECAR = """
import signal, sys
def end(*_):
    open("/dev/termination-log", "w").write("left behind")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("beside the trainer")
while True: signal.pause()
"""
TRAINER = """
import socket, ssl, urllib.request
print(socket.gethostbyname("web.tool-test.svc.cluster.local") == socket.gethostbyname("web"))
print(urllib.request.urlopen("http://web/", timeout=20).read().decode())
account = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
trust = ssl.create_default_context(cafile=account)
urllib.request.urlopen("https://kubernetes.default/version", context=trust, timeout=20)
try: socket.gethostbyname("example.org")
except socket.gaierror: print("no other names")
"""
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
USER = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}


class Kubectl:
    def __init__(self, kubeconfig: Path) -> None:
        self._words = [str(tool(cache_folder(), "kubectl")), "--kubeconfig", str(kubeconfig)]

    def __call__(self, *arguments: str, body: dict[str, Any] | None = None) -> str:
        done = subprocess.run(
            [*self._words, "--namespace", NAMESPACE, *arguments],
            input=json.dumps(body) if body else None,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def apply(self, *objects: dict[str, Any]) -> None:
        self("apply", "-f", "-", body={"apiVersion": "v1", "kind": "List", "items": list(objects)})


@pytest.fixture(scope="module")
def kubectl(cluster: Path) -> Iterator[Kubectl]:
    if lifecycle.foreign_kubeconfig():
        pytest.skip("these tests are about the cluster that tools.cluster starts")
    run = Kubectl(cluster)
    run("delete", "namespace", NAMESPACE, "--ignore-not-found")
    run("create", "namespace", NAMESPACE)
    labels = "pod-security.kubernetes.io/enforce=restricted"
    run("label", "namespace", NAMESPACE, labels)
    yield run
    run("delete", "namespace", NAMESPACE)


def container(name: str, *command: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": BASE,
        "imagePullPolicy": "Never",
        "command": list(command),
        "securityContext": RESTRICTED,
        **more,
    }


def pod(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"app": name}}
    spec = {"securityContext": USER, "terminationGracePeriodSeconds": 0, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def web(kubectl: Kubectl) -> str:
    """Address of a service whose pod, not root, serves what it wrote on a volume."""
    serve = f"echo {GREETING} > /data/index.html && exec python3 -m http.server 8000 -d /data"
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOncePod"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8000}]},
    }
    server = container(
        "web",
        "sh",
        "-c",
        serve,
        volumeMounts=[{"name": "data", "mountPath": "/data"}],
        readinessProbe={
            "httpGet": {"path": "/", "port": 8000},
            "periodSeconds": 1,
            "timeoutSeconds": 30,
        },
    )
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    kubectl.apply(claim, service, pod("web", {"containers": [server], "volumes": volumes}))
    kubectl("wait", "pod/web", "--for=condition=Ready", WITH_PATIENCE)
    return kubectl("get", "service", "web", "--output", "jsonpath={.spec.clusterIP}")


def test_the_machine_reaches_services_and_pods(kubectl: Kubectl, web: str) -> None:
    address = kubectl("get", "pod", "web", "--output", "jsonpath={.status.podIP}")
    for url in (f"http://{web}/", f"http://{address}:8000/"):
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.read().decode().strip() == GREETING


def test_a_job_runs_beside_its_native_sidecar(kubectl: Kubectl, web: str) -> None:
    sidecar = container("sidecar", "python3", "-uc", SIDECAR, restartPolicy="Always")
    trainer = container("trainer", "python3", "-uc", TRAINER, resources={"limits": {GPU: "1"}})
    spec = {
        "restartPolicy": "Never",
        "securityContext": USER,
        "initContainers": [sidecar],
        "containers": [trainer],
    }
    kubectl.apply(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "train"},
            "spec": {"backoffLimit": 0, "template": {"spec": spec}},
        }
    )
    ended = "jsonpath={.status.conditions[0].status}=True"  # well or badly: the log tells
    kubectl("wait", "job/train", f"--for={ended}", WITH_PATIENCE)
    assert kubectl("logs", "job/train", "--container=trainer").split("\n\n") == [
        f"True\n{GREETING}",
        "no other names\n",
    ]
    kubectl("wait", "job/train", "--for=condition=complete", WITH_PATIENCE)
    assert "beside the trainer" in kubectl("logs", "job/train", "--container=sidecar")
    left = "{.items[0].status.initContainerStatuses[0].state.terminated.message}"
    arguments = ("get", "pods", "--selector=job-name=train", "--output", f"jsonpath={left}")
    assert kubectl(*arguments) == "left behind"


def test_a_command_can_be_run_in_a_pod(kubectl: Kubectl, web: str) -> None:
    assert kubectl("exec", "web", "--", "id", "-u").strip() == "65532"


def test_more_gpus_than_there_are_cannot_be_had(kubectl: Kubectl) -> None:
    greedy = container("greedy", "true", resources={"limits": {GPU: str(GPUS + 1)}})
    kubectl.apply(pod("greedy", {"containers": [greedy]}))
    condition = "jsonpath={.status.conditions[0].reason}=Unschedulable"
    kubectl("wait", "pod/greedy", f"--for={condition}", WITH_PATIENCE)
    said = kubectl("get", "pod", "greedy", "--output", "jsonpath={.status.conditions[0].message}")
    assert f"Insufficient {GPU}" in said


def test_a_simulated_node_plays_its_pods(kubectl: Kubectl) -> None:
    name = "tool-test-simulated"
    node = simulated_node(name)
    taint = node["spec"]["taints"][0]
    try:
        kubectl.apply(node)
        kubectl("wait", f"node/{name}", "--for=condition=Ready", WITH_PATIENCE)
        tolerations = [{"key": taint["key"], "operator": "Exists"}]
        sidecar = container("sidecar", "true", restartPolicy="Always")
        played = container("played", "true", resources={"limits": {GPU: "1"}})
        spec = {"initContainers": [sidecar], "containers": [played], "tolerations": tolerations}
        there = {"nodeSelector": node["metadata"]["labels"]}
        kubectl.apply(pod("played", {**spec, **there}))
        kubectl("wait", "pod/played", "--for=condition=Ready", WITH_PATIENCE)
        kubectl("delete", "pod", "played", WITH_PATIENCE)
    finally:
        kubectl("delete", "node", name)


def test_a_released_volume_is_emptied_and_offered_again(kubectl: Kubectl, web: str) -> None:
    volume = kubectl("get", "pvc", "data", "--output", "jsonpath={.spec.volumeName}")
    folder = kubectl("get", "pv", volume, "--output", "jsonpath={.spec.hostPath.path}")
    assert (Path(folder) / "index.html").exists()
    kubectl("delete", "pod", "web")
    kubectl("delete", "pvc", "data")
    kubectl("wait", f"pv/{volume}", "--for=jsonpath={.status.phase}=Available", WITH_PATIENCE)
    assert list(Path(folder).iterdir()) == []
