"""Kueue comes and goes beside a cluster, and leaves nothing there, whatever was left in it."""

import json
import os
import subprocess
from pathlib import Path

from tools.cluster import kueue as tool
from tools.cluster import lifecycle
from tools.cluster.layout import Kind, cache_folder
from tools.cluster.parts import tool as built
from tools.cluster.progress import Progress

NAME = os.environ.get("ESPALIER_CLUSTER", "espalier")
QUEUE = {
    "apiVersion": "kueue.x-k8s.io/v1beta2",
    "kind": "ClusterQueue",
    "metadata": {"name": "left-behind", "finalizers": ["kueue.x-k8s.io/resource-in-use"]},
    "spec": {},
}


def kubectl(kubeconfig: Path, *words: str, stdin: str | None = None) -> str:
    command = [str(built(cache_folder(), "kubectl")), f"--kubeconfig={kubeconfig}", *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


def test_nothing_is_left_and_it_can_come_again(kueue: Path) -> None:
    kubectl(kueue, "create", "-f", "-", stdin=json.dumps(QUEUE))
    assert lifecycle.queue_down(NAME, Kind.CONTROL_PLANE, Progress())
    try:
        for kind in ("crd", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
            assert "kueue" not in kubectl(kueue, "get", kind, "-o", "name")
        assert not Path("/etc/kueue").exists()
        assert not lifecycle.queue_down(NAME, Kind.CONTROL_PLANE, Progress())
    finally:
        layout = lifecycle.queue_up(NAME, Kind.CONTROL_PLANE, Progress())
    lifecycle.queue_up(NAME, Kind.CONTROL_PLANE, Progress())  # does no harm
    assert [part.alive for part in lifecycle.status(layout) if part.component == tool.NAME] == [
        True
    ]
