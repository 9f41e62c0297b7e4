"""What a container waits for, in the kubelet's words."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.planning.snapshot import ContainerView, PodView


def waits_for(pod: PodView, reasons: frozenset[str]) -> ContainerView | None:
    """Return the first container of a pod that waits for one of these reasons."""
    return next((each for each in containers(pod) if each.waiting_reason in reasons), None)


def containers(pod: PodView) -> Iterator[ContainerView]:
    """Yield all containers of a pod, the sidecar last."""
    yield from pod.containers.values()
    if pod.sidecar is not None:
        yield pod.sidecar
