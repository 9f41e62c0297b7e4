"""What the fittings of all collectors have in common."""

from __future__ import annotations

from typing import Protocol

from espalier.api.collectors import CollectorSpec
from espalier.planning.workload.kind import Manifest


class Fit(Protocol):
    """Adds what a collector needs to the containers of the trainer and of the sidecar."""

    def __call__(self, trainer: Manifest, sidecar: Manifest, collector: CollectorSpec, /) -> None:
        """Add it.

        Parameters
        ----------
        trainer, sidecar
            The containers, which are changed.
        collector
            One of the study's; of type Auto where that stands for this one too.

        Raises
        ------
        SpecError
            If the template does not allow it; with what to do.
        """


def variable_of(container: Manifest, name: str) -> Manifest | None:
    """Return a variable that a container's template sets, None if it sets none of that name."""
    found = [each for each in container.get("env") or [] if each.get("name") == name]
    return found[-1] if found else None


def set_default(container: Manifest, name: str, value: str) -> None:
    """Set a variable, unless the template sets it; its own come after ours, and win."""
    if variable_of(container, name) is None:
        variable = {"name": name, "value": value.replace("$", "$$")}
        container["env"] = [variable, *(container.get("env") or [])]
