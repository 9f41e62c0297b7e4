"""What a container waits for, in the kubelet's words."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.planning.attempts import UNABLE_TO_START
from espalier.planning.evidence import PULL
from espalier.planning.snapshot import ContainerView, PodView

CREATE = UNABLE_TO_START - PULL
"""Reasons for which a container waits that cannot be made or started, its image aside."""


def waits_for(pod: PodView, reasons: frozenset[str]) -> ContainerView | None:
    """Return the first container of a pod that waits for one of these reasons."""
    return next((each for each in containers(pod) if each.waiting_reason in reasons), None)


def containers(pod: PodView) -> Iterator[ContainerView]:
    """Yield all containers of a pod, the sidecar last."""
    yield from pod.containers.values()
    if pod.sidecar is not None:
        yield pod.sidecar
