"""What a collector is made with, in tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from espalier_sidecar.collectors.base import Context
from espalier_sidecar.collectors.positions import Positions
from espalier_sidecar.collectors.reading import Translation
from espalier_sidecar.report import Report
from espalier_sidecar.volume import Folder


def context_of(
    volume: Path,
    metric: str = "loss",
    *,
    names: Mapping[str, str] | None = None,
    step_scale: float | None = None,
    parameters: Mapping[str, Any] | None = None,
    kept: list[Report] | None = None,
) -> Context:
    """Return a context over a folder; what a served collector keeps goes into `kept`."""
    folder = Folder.at(str(volume))
    return Context(
        folder,
        str(volume),
        metric,
        Positions(folder.own_folder()),
        Translation(names or {}, step_scale),
        (kept if kept is not None else []).extend,
        parameters or {},
    )
