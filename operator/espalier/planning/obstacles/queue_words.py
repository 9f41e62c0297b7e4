"""What a queue says about a Job that it holds back: from Kueue's Workload to a cause, in its words.

The conditions' reasons are coarse (up to 0.17 nearly all are ``Pending``), so that its messages
have to tell a wait in line from what no wait will end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.planning.world.snapshot import Cause
from espalier.planning.world.status_words import full_stop

SOURCE = "Kueue"
DEACTIVATED = "Deactivated"
INADMISSIBLE = "Inadmissible"
NEVER_FITS = "NeverFits"
ADMISSION_CHECK = "AdmissionCheck"
PENDING = "Pending"
ADMITTED = "Admitted"
FINISHED = "Finished"
NO_WORKLOAD = "NoWorkload"
UNREADABLE = "Unreadable"

REFUSALS = frozenset({DEACTIVATED, INADMISSIBLE, NEVER_FITS})
"""Reasons that waiting does not change: somebody has to."""

_MOVES = ("insufficient unused quota", "preempt")
"""Said of a workload that starts when another one ends."""

_STAYS = (
    "maximum capacity",
    "unavailable in ClusterQueue",
    "untolerated taint",
    "doesn't match node affinity",
    "doesn't match ClusterQueue selector",
    "not found",
    "is inactive",
    "failed admission checks",
    "resources validation failed",
    "LimitRange",
)
_NOT_COVERED = "unavailable in ClusterQueue"

Workload = Mapping[str, Any]


def cause_of(workload: Workload) -> Cause:
    """Return why a Workload's Job does not run, or that the queue has let it go.

    Parameters
    ----------
    workload
        A Workload of Kueue, as the API server returns it.
    """
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    said = {each.get("type"): each for each in status.get("conditions") or ()}
    evicted = _if(said.get("Evicted"), "True")
    if finished := _if(said.get("Finished"), "True"):
        return _cause(FINISHED, _message(finished) or "it is over")
    if spec.get("active") is False:
        told = _message(evicted) if evicted and evicted.get("reason") == DEACTIVATED else ""
        return _cause(DEACTIVATED, told or "The workload is deactivated")
    if evicted is None and _if(said.get("Admitted"), "True"):
        return _cause(ADMITTED, "it is let go")
    if _if(said.get("QuotaReserved"), "True") and evicted is None:
        return _cause(ADMISSION_CHECK, _checks(status))
    return _waiting(said.get("QuotaReserved"), evicted)


def closed(queue: Mapping[str, Any]) -> Cause | None:
    """Return the cause where a LocalQueue says that it lets nobody in; None where it does not.

    Parameters
    ----------
    queue
        A LocalQueue of Kueue, as the API server returns it; may be empty.
    """
    conditions = (queue.get("status") or {}).get("conditions") or ()
    active = next((each for each in conditions if each.get("type") == "Active"), None)
    if _if(active, "False") is None:
        return None
    reason = str((active or {}).get("reason") or "Inactive")
    return _cause(INADMISSIBLE, f"its LocalQueue is not active ({reason}): {_message(active)}")


def no_workload(title: str) -> Cause:
    """Return the cause where a queue's name is on an object, and no queue has taken it up.

    Parameters
    ----------
    title
        Kind and name of what waits, such as ``Job s-1``.
    """
    return _cause(
        NO_WORKLOAD,
        f"there is no Workload of {title}; does Kueue run, and does it look after this namespace "
        "(managedJobsNamespaceSelector in its configuration)?",
    )


def unreadable(message: str) -> Cause:
    """Return the cause where the operator may not read what the queue says."""
    return _cause(UNREADABLE, f"its words cannot be read: {message}")


def refuses(cause: Cause | None) -> bool:
    """Whether a queue will not let a Job run however long it waits."""
    return cause is not None and cause.source == SOURCE and cause.reason in REFUSALS


def refuses_itself(cause: Cause) -> bool:
    """Whether a Workload is refused for what it is, so that its queue's state does not matter.

    A Workload says ``Inadmissible`` of its queue, and not always: it depends on when it was last
    looked at. The queue itself is asked then, so that the same state is told in the same words.
    """
    return refuses(cause) and cause.reason != INADMISSIBLE


def sentence(cause: Cause) -> str:
    """Return what a queue says, with what to do where waiting will not do."""
    said = f"{cause.source} ({cause.reason}): {cause.message.rstrip('.')}"
    remedy = _remedy(cause)
    return full_stop(f"{said}; {remedy}" if remedy else said)


def _remedy(cause: Cause) -> str:
    if cause.reason == DEACTIVATED:
        return "set spec.active of its Workload to true"
    if cause.reason == NEVER_FITS and _NOT_COVERED in cause.message:
        return (
            "have the ClusterQueue cover it, let Kueue leave it out "
            "(resources.excludeResourcePrefixes), or request none of it, in spec.template and for "
            "the sidecar"
        )
    if cause.reason == NEVER_FITS:
        return "ask for less in spec.template, or have the ClusterQueue offer it"
    if cause.reason == INADMISSIBLE:
        return "correct the queue, or the Study's label kueue.x-k8s.io/queue-name in a new Study"
    return ""


def _waiting(quota: Mapping[str, Any] | None, evicted: Mapping[str, Any] | None) -> Cause:
    if _if(quota, "False") is None:  # being evicted, it has its quota still
        quota = None
    told = _message(quota)
    reason = str((quota or {}).get("reason") or PENDING)
    if reason == PENDING and told and _stays(told):
        reason = NEVER_FITS
    if reason not in REFUSALS and evicted is not None:
        reason = str(evicted.get("reason") or reason)
    words = list(dict.fromkeys(each for each in (_message(evicted), told) if each))
    return _cause(reason, "; ".join(words) or "it has not been looked at yet")


def _stays(message: str) -> bool:
    lower = message.lower()
    return not any(each in lower for each in _MOVES) and any(each in message for each in _STAYS)


def _checks(status: Mapping[str, Any]) -> str:
    """Return what the admission checks say that are not done yet."""
    words = [
        f"admission check {each.get('name')} is {each.get('state')}"
        + (f": {each['message']}" if each.get("message") else "")
        for each in status.get("admissionChecks") or ()
        if each.get("state") != "Ready"
    ]
    return "; ".join(words) or "its quota is reserved and it is not admitted yet"


def _if(condition: Mapping[str, Any] | None, status: str) -> Mapping[str, Any] | None:
    return condition if condition is not None and condition.get("status") == status else None


def _message(condition: Mapping[str, Any] | None) -> str:
    return str((condition or {}).get("message") or "").strip()


def _cause(reason: str, message: str) -> Cause:
    return Cause(reason=reason, message=message, source=SOURCE)
