"""The chart's roles are enough: the real operator works with nothing but them."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.chart.apiserver import ApiServer, wait_until
from tests.chart.rendering import CHART, ROOT, helm, with_values
from tests.patience import PATIENCE
from tests.ports import free_port


def kubeconfig_of_operator(server: ApiServer, system: str, folder: Path) -> Path:
    """Write a kubeconfig that has the operator's service account and nothing else."""
    config = json.loads(server.must("config", "view", "--raw", "--flatten", "-o", "json"))
    token = server.must("create", "token", "espalier", "-n", system, "--duration=1h").strip()
    config["users"] = [{"name": "operator", "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"]["user"] = "operator"
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


@contextmanager
def operator(kubeconfig: Path, system: str, namespaces: str, folder: Path) -> Iterator[str]:
    """Run the operator until the block is left; yields the address of its metrics port."""
    metrics = free_port()
    with (folder / "operator.log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "espalier.cli.main", "run",
                f"--kubeconfig={kubeconfig}",
                f"--namespaces={namespaces}",
                f"--own-namespace={system}",
                "--ca-secret=espalier-ca",
                f"--store=sqlite:///{folder}/espalier.db",
                f"--ingest-port={free_port()}",
                f"--metrics-port={metrics}",
                "--resync-seconds=2",
                "--log-level=debug",
            ],
            stdout=log,
            stderr=log,
            env={k: v for k, v in os.environ.items() if not k.startswith(("ESPALIER", "KUBE"))},
        )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{metrics}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def study(team):
    made = yaml.safe_load((ROOT / "tests/chart/study.yaml").read_text())
    made["metadata"]["namespace"] = team
    made["spec"]["pruner"] = {"type": "Profile", "profile": {"name": "strict"}}
    return made


def profile(team):
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "PrunerProfile",
        "metadata": {"name": "strict", "namespace": team},
        "spec": {"pruner": {"type": "Auto", "auto": {"risk": 0.02}}},
    }


def by_hand(team):
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": "idea", "namespace": team},
        "spec": {"study": {"name": "digits"}, "parameters": {"lr": 0.1}},
    }


def taken(server, team):
    found = server.get("trial", "idea", "-n", team)
    numbered = found.get("status", {}).get("number") is not None
    return numbered and "ownerReferences" in found["metadata"]


@pytest.mark.parametrize("scope", ["cluster", "namespace"])
def test_a_study_runs_suspends_and_goes_without_one_forbidden_request(bare_server, scope, tmp_path):
    server = bare_server
    system, team = f"rights-{scope}-system", f"rights-{scope}-team"
    namespaces = [] if scope == "cluster" else [team]
    server.namespace(system)
    server.namespace(team)
    given = with_values({"scope.namespaces": namespaces, "crds.keep": False})
    where = ("-n", system)
    done = helm("install", "espalier", str(CHART), *where, *given, kubeconfig=server.kubeconfig)
    assert done.returncode == 0, done.stderr
    try:
        config = kubeconfig_of_operator(server, system, tmp_path)
        with operator(config, system, ",".join(namespaces), tmp_path) as url:

            def log():
                return (tmp_path / "operator.log").read_text()

            def jobs(suspended=False):
                found = server.get("jobs", "-n", team) or {"items": []}
                of = [job["spec"].get("suspend", False) for job in found["items"]]
                return [job for job in of if job is suspended]

            wait_until("the operator to be ready", lambda: answers(f"{url}/readyz"))
            server.must("create", "-f", "-", stdin=profile(team))
            server.must("create", "-f", "-", stdin=study(team))
            wait_until("four Jobs", lambda: len(jobs()) == 4)
            server.must("create", "-f", "-", stdin=by_hand(team))
            wait_until("the Trial made by hand to be taken", lambda: taken(server, team))
            for suspend in ("true", "false"):
                patch = f'-p={{"spec": {{"suspend": {suspend}}}}}'
                server.must("patch", "study", "digits", "-n", team, "--type=merge", patch)
                running = 0 if suspend == "true" else 4
                wait_until(f"{running} Jobs to run", lambda n=running: len(jobs()) == n)
            server.must("delete", "study", "digits", "-n", team)
            wait_until("the Jobs to go", lambda: not jobs() + jobs(suspended=True))
            page = urllib.request.urlopen(f"{url}/metrics", timeout=10).read().decode()
        requests = re.findall(r"^espalier_api_requests_total\{.*", page, re.MULTILINE)
        assert any('verb="create"' in line and 'resource="jobs"' in line for line in requests)
        assert any('verb="create"' in line and 'resource="leases"' in line for line in requests)
        assert [line for line in requests if 'code="403"' in line] == []
        assert "forbidden" not in log().lower()
        assert "denied request" not in log()
        assert server.get("secret", "espalier-ca", "-n", system)["data"]
    except BaseException:
        print((tmp_path / "operator.log").read_text()[-6000:])
        raise
    finally:
        helm("uninstall", "espalier", *where, kubeconfig=server.kubeconfig)
        server.must("delete", "namespace", system, team, "--wait=false")
