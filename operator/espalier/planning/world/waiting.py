"""What a container waits for, in the kubelet's words."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.planning.world.kubelet_words import UNABLE_TO_START
from espalier.planning.world.names import SIDECAR
from espalier.planning.world.snapshot import ContainerView, PodView


def waits_for(pod: PodView, reasons: frozenset[str]) -> ContainerView | None:
    """Return the first container of a pod that waits for one of these reasons."""
    return next((each for each in containers(pod) if each.waiting_reason in reasons), None)


def fails_to_start(container: ContainerView) -> bool:
    """Whether a container cannot be started, as things are.

    Our sidecar's hook is no such thing: where a disruption broke it off, the kubelet starts the
    sidecar again.
    """
    again = container.name == SIDECAR and container.waiting_reason == "PostStartHookError"
    return container.waiting_reason in UNABLE_TO_START and not again


def containers(pod: PodView) -> Iterator[ContainerView]:
    """Yield all containers of a pod, the sidecar last."""
    yield from pod.containers.values()
    if pod.sidecar is not None:
        yield pod.sidecar
