"""What is read of a pod as the API server sends it: who told it to go, and when."""

from typing import Any

import pytest

from espalier.engine.control.reduced import reduced
from espalier.planning.world.observe import pod_view, seconds

AT = "2027-01-15T08:00:40Z"
REFUSALS = (
    "OutOfcpu",
    "OutOfmemory",
    "OutOfpods",
    "OutOfnvidia.com/gpu",
    "OutOfephemeral-storage",
    "UnexpectedAdmissionError",
    "NodeAffinity",
    "TopologyAffinityError",
    "Preempting",
    "NodeShutdown",
    "Terminated",
)


def pod(status: dict[str, Any], **meta: Any) -> Any:
    obj = {
        "metadata": {"name": "s-0-x", "namespace": "n", "uid": "p", "resourceVersion": "1", **meta},
        "spec": {"containers": [{"name": "trainer"}]},
        "status": status,
    }
    view = pod_view(obj, 0)
    assert pod_view(reduced("pods", obj), 0) == view, "something that is read is not kept"
    return view


def ended(code: int, **more: Any) -> dict[str, Any]:
    state = {"exitCode": code, "startedAt": AT, "finishedAt": AT, **more}
    return {"containerStatuses": [{"name": "trainer", "state": {"terminated": state}}]}


def target(reason: str) -> dict[str, Any]:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason}
    return {"conditions": [{**condition, "message": "why", "lastTransitionTime": AT}]}


@pytest.mark.parametrize("reason", REFUSALS)
def test_what_a_kubelet_refuses_is_disrupted(reason: str) -> None:
    view = pod({"phase": "Failed", "reason": reason, "message": "Node has no room"})
    assert (view.disruption, view.message) == (reason, "Node has no room")


@pytest.mark.parametrize("reason", ["DeadlineExceeded", "SysctlForbidden", "PodOSNotSupported"])
def test_what_a_kubelet_has_against_the_pod_itself_is_no_disruption(reason: str) -> None:
    view = pod({"phase": "Failed", "reason": reason})
    assert (view.disruption, view.reason) == ("", reason)


def test_a_reason_of_a_pod_that_ran_is_no_refusal() -> None:
    assert pod({"phase": "Failed", "reason": "Whatever", **ended(1)}).disruption == ""


def test_a_disruption_has_its_time_and_its_words() -> None:
    view = pod({"phase": "Running", **target("EvictionByEvictionAPI")})
    assert view.disruption == "EvictionByEvictionAPI"
    assert (view.disrupted_at, view.message) == (seconds(AT), "why")


def test_the_kubelets_own_word_is_more_than_that_it_ended_the_pod() -> None:
    view = pod({"phase": "Failed", "reason": "Preempting", **target("TerminationByKubelet")})
    assert view.disruption == "Preempting"
    other = pod({"phase": "Failed", "reason": "Evicted", **target("DeletionByTaintManager")})
    assert other.disruption == "DeletionByTaintManager"


def test_a_deletion_was_asked_for_its_grace_period_before_its_timestamp() -> None:
    view = pod({"phase": "Running"}, deletionTimestamp=AT, deletionGracePeriodSeconds=30)
    assert view.deleting
    assert view.deleting_since == seconds("2027-01-15T08:00:10Z")


def test_a_deletion_that_was_only_accepted_has_no_time_yet() -> None:
    obj = {"metadata": {"name": "a", "uid": "b", "deletionTimestamp": "accepted"}}
    assert pod_view(obj, 0).deleting_since is None


def test_a_container_that_was_never_started_has_no_start() -> None:
    status = ended(128, reason="StartError", startedAt="1970-01-01T00:00:00Z")
    assert pod({"phase": "Failed", **status}).containers["trainer"].started_at is None


def test_why_a_container_was_started_again_is_read() -> None:
    status = ended(1)
    status["containerStatuses"][0]["lastState"] = {"terminated": {"reason": "OOMKilled"}}
    assert pod({"phase": "Failed", **status}).containers["trainer"].last_reason == "OOMKilled"
