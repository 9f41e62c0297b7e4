"""What a container requests and is limited to, for the containers that Espalier adds itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from espalier.api.base import Model
from espalier.api.quantity import Quantity, amount
from espalier.errors import SpecError

MOST_OUTPUT = 65536
"""Bytes of a trainer's output that are kept of an attempt at most."""
LEAST_MEMORY = "64Mi"
"""All that the sidecar can be made to hold at once fits into this (ADR 46)."""


class AmountsSpec(Model):
    """How much of each resource; what is left out is not asked for."""

    cpu: Quantity | None = None
    """Cores."""
    memory: Quantity | None = None
    """Bytes."""
    ephemeral_storage: Annotated[Quantity | None, Field(alias="ephemeral-storage")] = None
    """Bytes on the node's disk."""

    def to_dict(self) -> dict[str, str]:
        """Return the amounts that are there, by Kubernetes' names."""
        return self.model_dump(mode="json", exclude_none=True)


class ResourcesSpec(Model):
    """Requests and limits of a container. Empty: neither is set."""

    requests: AmountsSpec = AmountsSpec()
    """What the scheduler, a quota and a queue count; a limit without a request is one."""
    limits: AmountsSpec = AmountsSpec()
    """What it may not exceed."""

    def to_dict(self) -> dict[str, dict[str, str]]:
        """Return them as a container has them, empty parts left out."""
        parts = {"requests": self.requests.to_dict(), "limits": self.limits.to_dict()}
        return {name: amounts for name, amounts in parts.items() if amounts}


class SidecarSpec(Model):
    """The container that Espalier adds to each trial's pod."""

    resources: ResourcesSpec | None = None
    """Its requests and limits, in place of all that the operator has set for it; {} asks for
    nothing. A change is used for the attempts that start after it."""
    keep_output_bytes: Annotated[int, Field(ge=0, le=MOST_OUTPUT)] = 0
    """Keep so many bytes of the end of what each trial's trainer prints, for `kubectl espalier
    logs` once the pod is gone; 0 keeps none. With any, a shell starts the trainer as it does for
    the collector Output, so that the template must have a command."""


def check_resources(resources: ResourcesSpec, path: str) -> None:
    """Check that no request exceeds its limit, and that the sidecar can live with its memory.

    Raises
    ------
    SpecError
        For the first resource at fault.
    """
    requests, limits = resources.requests.to_dict(), resources.limits.to_dict()
    for name in requests.keys() & limits.keys():
        if amount(requests[name]) > amount(limits[name]):
            raise SpecError(
                f"{path}.requests.{name}",
                f"expected no more than the limit, {limits[name]}, got {requests[name]}; lower "
                "the request or raise the limit",
            )
    if (memory := limits.get("memory")) and amount(memory) < amount(LEAST_MEMORY):
        raise SpecError(
            f"{path}.limits.memory",
            f"expected at least {LEAST_MEMORY}, which the sidecar needs at its busiest, got "
            f"{memory}; raise it, or leave the limit out",
        )
