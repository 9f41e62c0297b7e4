"""The kubelet's words: why a container waits, and why it ended or refused a pod itself.

Source: pkg/kubelet (lifecycle/predicate.go, eviction, nodeshutdown, preemption, active_deadline.go)
of k8s.io/kubernetes 1.36.
"""

from __future__ import annotations

PULL = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""Reasons for which a container waits whose image is not there."""

CREATE = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "CreatePodSandboxError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
        "RunContainerError",
    }
)
"""Reasons for which a container waits that cannot be made or started, its image aside."""

UNABLE_TO_START = PULL | CREATE
"""Reasons for which a container waits that has failed to start."""

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

NOT_STARTED = frozenset({"StartError", "ContainerCannotRun"})
"""Reasons of a container that has "ended" without having been started."""

KILLED = "OOMKilled"

_OWN_FAULTS = REFUSED_FOR_GOOD | {DEADLINE}
_UNKNOWN_ENDS = frozenset({"ContainerStatusUnknown", "Unknown"})


def disruption_by_kubelet(reason: str, *, failed: bool, began: bool) -> str:
    """Return the reason if the kubelet ended or refused the pod for the node's sake; else nothing.

    Parameters
    ----------
    failed
        Whether the pod's phase is ``Failed``.
    began
        Whether any of its containers was ever started. A pod that was refused has none, and its
        reason is one of many: ``OutOfcpu``, ``OutOfnvidia.com/gpu``, ``UnexpectedAdmissionError``,
        ``NodeAffinity``, ``TopologyAffinityError``.
    """
    if reason in NODE_GONE | PRESSURE | PREEMPTION:
        return reason
    return reason if failed and not began and reason not in _OWN_FAULTS else ""


def end_is_unknown(exit_reason: str) -> bool:
    """Whether a container's state was made up: its node was rebooted and had lost sight of it."""
    return exit_reason in _UNKNOWN_ENDS
