"""What the operator's own token can do to the Workloads of a real Kueue."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.chart.apiserver import ApiServer, wait_until
from tests.integration.policies import Guarded, guarded, warnings
from tools.cluster.kueue import OPT_IN

JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "job", "labels": {"kueue.x-k8s.io/queue-name": "team"}},
    "spec": {
        "suspend": True,
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "main", "image": "x"}],
            }
        },
    },
}


@pytest.fixture(scope="module")
def guard(kueue: Path) -> Any:
    with guarded(kueue) as made:
        label = ",".join(f"{key}={value}" for key, value in OPT_IN.items())
        made.server.must("label", "namespace", made.own, label)
        made.server.must("create", "-n", made.own, "-f", "-", stdin=JOB)
        yield made
        made.server.must("delete", "job", "job", "-n", made.own)


@pytest.fixture(scope="module")
def operator(guard: Guarded, tmp_path_factory: pytest.TempPathFactory) -> ApiServer:
    """The API server by the operator's token."""
    return guard.as_operator(tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="module")
def workload(guard: Guarded, operator: ApiServer) -> str:
    """Name of the Job's Workload, once the policy is in force."""

    def found() -> list[dict[str, Any]]:
        return operator.get("workloads", "-n", guard.own)["items"]

    wait_until("a Workload", found)
    name = str(found()[0]["metadata"]["name"])
    priorities = itertools.count(1)  # what changes nothing is not asked about

    def refused() -> bool:
        patch = {"spec": {"priority": next(priorities)}}
        return "denied" in patched(operator, guard, name, patch)

    wait_until("the policy", refused)
    return name


def patched(operator: ApiServer, guard: Guarded, name: str, patch: dict[str, Any]) -> str:
    """Return what the API server has against a patch, "" if nothing."""
    words = ("workload", name, "-n", guard.own, "--type=merge", f"-p={json.dumps(patch)}")
    done = operator.kubectl("patch", *words)
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


def test_it_suspends_a_workload_and_lets_it_go(guard, operator, workload):
    for active, mark in ((False, "true"), (True, None)):
        patch = {
            "metadata": {"annotations": {"espalier.dev/suspended": mark}},
            "spec": {"active": active},
        }
        assert patched(operator, guard, workload, patch) == ""


OTHER = {
    "its priority": {"spec": {"priority": 1000}},
    "its queue": {"spec": {"queueName": "other"}},
    "a field that it does not have": {"spec": {"maximumExecutionTimeSeconds": 1}},
    "its labels": {"metadata": {"labels": {"a": "b"}}},
    "its finalizers": {"metadata": {"finalizers": None}},
    "somebody's annotation": {"metadata": {"annotations": {"a": "b"}}},
}


@pytest.mark.parametrize("patch", OTHER.values(), ids=OTHER)
def test_it_changes_nothing_else_of_a_workload(guard, operator, workload, patch):
    said = patched(operator, guard, workload, patch)
    assert "changes nothing of a Workload but spec.active" in said


def test_it_reads_queues_and_does_not_change_them(guard, operator, workload):
    assert operator.kubectl("get", "localqueue", "nosuch", "-n", guard.own).stderr.count("NotFound")
    for verb, what in (("delete", "workload"), ("get", "clusterqueue"), ("delete", "localqueue")):
        done = operator.kubectl("auth", "can-i", verb, what, "-n", guard.own)
        assert done.stdout.strip() == "no", (verb, what)


def test_the_policy_is_well_typed(guard, workload):
    assert warnings(guard.server, guard.system) == {}
