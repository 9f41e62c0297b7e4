"""What Kueue's Workloads say, as it was seen to say it (Kueue 0.17), in one cause each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.obstacles import queue_words
from espalier.planning.world.snapshot import Cause

FLAVORS = "couldn't assign flavors to pod set main: "
IN_LINE = FLAVORS + "insufficient unused quota for nvidia.com/gpu in flavor any, 1 more needed"
TOO_LARGE = FLAVORS + (
    "insufficient quota for nvidia.com/gpu in flavor any, previously considered podsets requests "
    "(0) + current podset request (5) > maximum capacity (2)"
)
NOT_COVERED = FLAVORS + "resource cpu unavailable in ClusterQueue"
TAINTED = FLAVORS + "untolerated taint {gpu true NoSchedule <nil>} in flavor a"
PREEMPTED = "Preempted to accommodate a workload (UID: 8591a3f6) due to prioritization"


def condition(type_, status, reason="", message=""):
    return {"type": type_, "status": status, "reason": reason, "message": message}


def pending(message, reason="Pending"):
    return condition("QuotaReserved", "False", reason, message)


def workload(*conditions, active=True, **status):
    return {"spec": {"active": active}, "status": {"conditions": list(conditions), **status}}


def evicted(reason, message):
    return condition("Evicted", "True", reason, message)


RESERVED = condition("QuotaReserved", "True", "QuotaReserved", "Quota reserved in ClusterQueue q")
ADMITTED = condition("Admitted", "True", "Admitted", "The workload is admitted")

WAITS = {
    "one that nothing was said of yet": (workload(), "Pending", "not been looked at"),
    "one that waits in line": (workload(pending(IN_LINE)), "Pending", "1 more needed"),
    "one that waits for others to be preempted": (
        workload(pending(f"{IN_LINE}. Pending the preemption of 2 workload(s)")),
        "Pending",
        "preemption of 2",
    ),
    "one of which another flavor has too little": (
        workload(pending(f"{IN_LINE}, {TOO_LARGE.removeprefix(FLAVORS)}")),
        "Pending",
        "1 more needed",
    ),
    "one that was preempted and waits in line": (
        workload(pending(IN_LINE), evicted("Preempted", PREEMPTED)),
        "Preempted",
        "Preempted to accommodate",
    ),
    "one that is being evicted and has its quota still": (
        workload(RESERVED, ADMITTED, evicted("ClusterQueueStopped", "The ClusterQueue is stopped")),
        "ClusterQueueStopped",
        "is stopped",
    ),
    "one whose pods were not ready in time": (
        workload(pending("Exceeded the PodsReady timeout"), evicted("PodsReadyTimeout", "Late")),
        "PodsReadyTimeout",
        "Late",
    ),
    "one that an admission check holds": (
        workload(
            RESERVED,
            admissionChecks=[
                {"name": "nodes", "state": "Pending", "message": "being provisioned"},
                {"name": "ok", "state": "Ready"},
            ],
        ),
        "AdmissionCheck",
        "nodes is Pending: being provisioned",
    ),
    "one that a later version has its own word for": (
        workload(pending(IN_LINE, "WaitingForQuota")),
        "WaitingForQuota",
        "1 more needed",
    ),
}
REFUSED = {
    "a request larger than the quota": (workload(pending(TOO_LARGE)), "NeverFits", "ask for less"),
    "a resource that the queue does not cover": (
        workload(pending(NOT_COVERED)),
        "NeverFits",
        "excludeResourcePrefixes",
    ),
    "a flavor's taint": (workload(pending(TAINTED)), "NeverFits", "untolerated taint"),
    "a namespace that the queue does not serve": (
        workload(pending("Workload namespace doesn't match ClusterQueue selector")),
        "NeverFits",
        "namespace doesn't match",
    ),
    "a LocalQueue that is not there": (
        workload(pending("LocalQueue nosuch doesn't exist", "Inadmissible")),
        "Inadmissible",
        "queue-name",
    ),
    "a queue that is held": (
        workload(pending("ClusterQueue team is inactive", "Inadmissible")),
        "Inadmissible",
        "is inactive",
    ),
    "one evicted by a queue that stays stopped": (
        workload(
            pending("ClusterQueue team is inactive", "Inadmissible"),
            evicted("ClusterQueueStopped", "The ClusterQueue is stopped"),
        ),
        "Inadmissible",
        "The ClusterQueue is stopped; ClusterQueue team is inactive",
    ),
    "one that was deactivated before it ran": (
        workload(pending(IN_LINE), active=False),
        "Deactivated",
        "spec.active",
    ),
    "one that was deactivated for a reason": (
        workload(
            pending("The workload is deactivated"),
            evicted("Deactivated", "The workload is deactivated due to exceeding the limit"),
            active=False,
        ),
        "Deactivated",
        "due to exceeding the limit",
    ),
}


@pytest.mark.parametrize(("said", "reason", "words"), WAITS.values(), ids=WAITS)
def test_a_wait_in_line_is_no_refusal(said, reason, words):
    cause = queue_words.cause_of(said)
    assert cause.reason == reason
    assert words in queue_words.sentence(cause)
    assert not queue_words.refuses(cause)


def test_the_quota_that_a_workload_still_has_while_it_is_evicted_is_no_cause():
    said = workload(RESERVED, ADMITTED, evicted("Preempted", PREEMPTED))
    assert queue_words.cause_of(said).message == PREEMPTED


@pytest.mark.parametrize(("said", "reason", "words"), REFUSED.values(), ids=REFUSED)
def test_what_no_wait_will_end_is_a_refusal_with_a_remedy(said, reason, words):
    cause = queue_words.cause_of(said)
    assert cause.reason == reason
    assert words in queue_words.sentence(cause)
    assert queue_words.refuses(cause)
    assert queue_words.sentence(cause) != f"Kueue ({cause.reason}): {cause.message}."


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(workload(RESERVED, ADMITTED), "Admitted", id="it is admitted"),
        pytest.param(
            workload(
                RESERVED,
                ADMITTED,
                condition("Evicted", "False", "QuotaReserved", "Previously: preempted"),
            ),
            "Admitted",
            id="it is admitted again",
        ),
        pytest.param(
            workload(condition("Finished", "True", "Succeeded")), "Finished", id="it is over"
        ),
    ],
)
def test_what_the_queue_let_go_it_does_not_refuse(said, reason):
    cause = queue_words.cause_of(said)
    assert cause.reason == reason
    assert not queue_words.refuses(cause)


def test_a_word_of_somebody_else_is_no_refusal_of_the_queue():
    assert not queue_words.refuses(Cause("Inadmissible", "no", "kubelet"))
    assert not queue_words.refuses(None)


PARTS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(["True", "False", "Unknown", "Evicted", "QuotaReserved", "Admitted"]),
)
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"type": PARTS, "status": PARTS, "reason": PARTS, "message": PARTS}
    ),
    max_size=4,
)


@given(
    CONDITIONS, st.sampled_from([True, False, None]), st.sampled_from([None, [], [{"name": "a"}]])
)
def test_whatever_a_workload_says_can_be_put_into_words(conditions, active, checks):
    said = {"spec": {"active": active}, "status": {"conditions": conditions}}
    said["status"]["admissionChecks"] = checks
    cause = queue_words.cause_of(said)
    assert cause.reason
    assert cause.message
    assert queue_words.sentence(cause).startswith("Kueue (")
