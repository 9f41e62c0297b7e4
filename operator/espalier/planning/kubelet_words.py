"""What the kubelet says in a pod's ``status.reason`` when it ends or refuses the pod itself.

Source: pkg/kubelet (lifecycle/predicate.go, eviction, nodeshutdown, preemption, active_deadline.go)
of k8s.io/kubernetes 1.36.
"""

from __future__ import annotations

DEADLINE = "DeadlineExceeded"
"""The pod's own ``activeDeadlineSeconds`` have passed."""

NODE_GONE = frozenset({"Terminated", "NodeShutdown", "Shutdown", "NodeLost"})
PRESSURE = frozenset({"Evicted"})
PREEMPTION = frozenset({"Preempting"})

REFUSED_FOR_GOOD = frozenset(
    {
        "AppArmor",
        "PodFeatureUnsupported",
        "PodLevelResourcesNotSupported",
        "PodOSNotSupported",
        "PodOSSelectorNodeLabelDoesNotMatch",
        "SysctlForbidden",
    }
)
"""Refusals of what the pod asks for: the next pod of the same template would have them too."""

_OWN_WORDS = NODE_GONE | PRESSURE | PREEMPTION
_UNKNOWN_ENDS = frozenset({"ContainerStatusUnknown", "Unknown"})


def disruption_by_kubelet(reason: str) -> str:
    """Return the reason if it is one for which the kubelet ends a pod that runs; else nothing."""
    return reason if reason in _OWN_WORDS else ""


def end_is_unknown(exit_reason: str) -> bool:
    """Whether a container's state was made up: its node was rebooted and had lost sight of it."""
    return exit_reason in _UNKNOWN_ENDS
