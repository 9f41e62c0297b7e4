"""A study in the list of all: one short row, out of what the cluster says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.views.plain import View, time_of

TOLD = ("state", "degraded", "counts", "best", "gpuSeconds", "trialSeconds", "steps")
"""Fields of a Study's status that its row has as they are; None where there are none."""


def listed_view(
    namespace: str,
    name: str,
    uid: str,
    *,
    opened_at: float,
    deleted: bool,
    study: Mapping[str, Any] | None,
) -> View:
    """Return a study's row.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody could be asked.
    """
    found: Mapping[str, Any] = study or {}
    spec: Mapping[str, Any] = found.get("spec") or {}
    status: Mapping[str, Any] = found.get("status") or {}
    return {
        "namespace": namespace,
        "name": name,
        "uid": uid,
        "deleted": deleted,
        "createdAt": time_of(opened_at),
        "objective": spec.get("objective"),
        "trials": (spec.get("trials") or {}).get("max"),
        "suspend": bool(spec.get("suspend")),
        **{name: status.get(name) for name in TOLD},
    }
