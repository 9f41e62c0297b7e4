"""What the cluster around a study may be like: bounded, behind a proxy, restored from a backup."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from espalier.store import list_studies
from tests.chart.rendering import helm
from tests.e2e.studies import RESTRICTED, replay_study
from tests.e2e.world import DEPLOYMENT, SYSTEM, World, wait_for
from tests.patience import PATIENCE, WITH_PATIENCE

QUOTA = {"hard": {"limits.cpu": "8", "limits.memory": "8Gi", "requests.memory": "8Gi"}}
LEAST = {"limits": [{"type": "Container", "min": {"cpu": "20m", "memory": "48Mi"}}]}
FITTING = {"requests": {"cpu": "20m", "memory": "48Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}}
OWN = {
    "requests": {"cpu": "20m", "memory": "64Mi"},
    "limits": {"cpu": "1", "memory": "128Mi", "nvidia.com/gpu": "1"},
}
# As training code does it that knows nothing of proxies.
POSTS = """
import json, os, urllib.request
for step in range(1, 4):
    body = json.dumps({"step": step, "value": 1 / step}).encode()
    urllib.request.urlopen(os.environ["ESPALIER_REPORT_URL"], body, timeout=5).close()
"""


def bounded(namespace, kind, spec):
    metadata = {"name": "bound", "namespace": namespace}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


def small(name, namespace, **container):
    """A study of two trials whose containers have limits of their own."""
    study = replay_study(name, namespace, trials=2, parallelism=2, steps=3, step_seconds=0.1)
    trainer = study["spec"]["template"]["spec"]["containers"][0]
    trainer.update({"resources": OWN, **container})
    return study


@pytest.mark.parametrize(("kind", "spec"), [("ResourceQuota", QUOTA), ("LimitRange", LEAST)])
def test_trials_run_where_a_namespace_bounds_containers(world, kind, spec):
    with world.namespace(f"bound-{kind.lower()}") as namespace:
        world.apply(bounded(namespace, kind, spec))
        study = small("study", namespace)
        study["spec"]["sidecar"] = {"resources": FITTING}
        world.apply(study)
        world.wait_condition(namespace, "study", "Succeeded")


def test_a_trainer_behind_a_proxy_reaches_the_sidecar(world):
    with world.namespace("behind-a-proxy") as namespace:
        proxy = "http://127.0.0.1:9"
        names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")
        trainer = {
            "command": ["python3", "-c", POSTS],
            "args": [],
            "env": [{"name": name, "value": proxy} for name in names],
            "securityContext": RESTRICTED,
        }
        world.apply(small("study", namespace, **trainer))
        world.wait_condition(namespace, "study", "Succeeded")
        best = world.get("study", namespace, "study")["status"]["best"]
        assert (best["step"], round(best["value"], 3)) == (3, 0.333)


def test_helm_finds_the_operator_reachable(world):
    done = helm("test", "espalier", "--namespace", SYSTEM, kubeconfig=Path(world.kubeconfig))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Succeeded" in done.stdout


def kubectl(world: World, *words: str, stdin: bytes = b"") -> bytes:
    """Run kubectl with bytes, as a shell redirects them."""
    done = subprocess.run(
        [world.kubectl_path, *words],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "KUBECONFIG": world.kubeconfig},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def restart(world: World) -> float:
    """Restart the operator; return in how many seconds it is ready again."""
    began = time.monotonic()
    world.run("rollout", "restart", "-n", SYSTEM, DEPLOYMENT)
    world.run("rollout", "status", "-n", SYSTEM, DEPLOYMENT, WITH_PATIENCE)
    return time.monotonic() - began


def test_the_store_is_copied_and_taken_up_again_by_the_commands_of_the_page(world, tmp_path):
    inside = ("-n", SYSTEM, DEPLOYMENT, "--", "espalier")
    with world.namespace("backed-up") as namespace:
        curves = [{"name": "curve", "int": {"min": 0, "max": 7}}]
        study = replay_study("study", namespace, trials=2, steps=3, parameters=curves)
        world.apply(study)
        world.wait_condition(namespace, "study", "Succeeded")
        log = world.log_of(namespace, "study")
        copy = kubectl(world, "exec", *inside, "backup", "--to", "-")
        (tmp_path / "copy.db").write_bytes(copy)
        found = {(row.namespace, row.name) for row in list_studies(f"sqlite:///{tmp_path}/copy.db")}
        assert (namespace, "study") in found
        said = kubectl(world, "exec", "-i", *inside, "restore", "--from", "-", stdin=copy)
        assert f"{namespace}/study: 2 ended trials, 6 values" in said.decode()
        restart(world)
        assert world.log_of(namespace, "study") == log
        world.run("patch", "study", "study", "-n", namespace, "--type=merge",
                  '-p={"spec": {"trials": {"max": 3}}}')  # fmt: skip
        wait_for("a third trial", lambda: len(world.trials(namespace, "study")) == 3)


def test_a_restarted_operator_holds_its_leases_at_once(world):
    with world.namespace("leased") as namespace:
        world.apply(replay_study("study", namespace, trials=2, parallelism=1, steps=100))

        def holder():
            found = world.get("lease", namespace, "espalier") or {}
            return found.get("spec", {}).get("holderIdentity", "")

        wait_for("the Lease", lambda: holder().startswith(f"{SYSTEM}/espalier_espalier-"))
        before = holder()
        restart(world)
        began = time.monotonic()
        wait_for("the next pod to hold it", lambda: holder() not in (before, f"{SYSTEM}/espalier_"))
        assert time.monotonic() - began < 30, "it waited for its own Lease to run out"


def test_an_operator_whose_pod_names_a_proxy_asks_the_api_server_past_it(world):
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")
    proxies = [f"{name}=http://127.0.0.1:9" for name in names]
    try:
        world.run("set", "env", "-n", SYSTEM, DEPLOYMENT, *proxies)
        world.run("rollout", "status", "-n", SYSTEM, DEPLOYMENT, WITH_PATIENCE)
        with world.namespace("past-a-proxy") as namespace:
            world.apply(small("study", namespace))
            world.wait_condition(namespace, "study", "Succeeded")
    finally:
        world.run("set", "env", "-n", SYSTEM, DEPLOYMENT, *(f"{name}-" for name in names))
        world.run("rollout", "status", "-n", SYSTEM, DEPLOYMENT, WITH_PATIENCE)
