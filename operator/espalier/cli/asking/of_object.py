"""What the Study's own status tells, in the form of the read API's view: a kubeconfig will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.views.plain import View
from espalier.views.study import TOLD
from espalier.views.trials import STATES


def view_of_object(study: Mapping[str, Any]) -> View:
    """Return a Study of the cluster's as `espalier.views.study` shows it, by its status alone."""
    metadata, spec = study["metadata"], _dict(study.get("spec"))
    status, objective = _dict(study.get("status")), _dict(_dict(study.get("spec")).get("objective"))
    counts = _dict(status.get("counts"))
    return {
        "namespace": str(metadata.get("namespace", "")),
        "name": str(metadata.get("name", "")),
        "uid": metadata.get("uid"),
        "deleted": bool(metadata.get("deletionTimestamp")),
        "state": status.get("state"),
        "createdAt": metadata.get("creationTimestamp"),
        "objective": {key: objective.get(key) for key in ("metric", "direction", "target")},
        "resource": _dict(spec.get("resource")) or {"name": "step", "max": None},
        "parameters": [_dict(each).get("name") for each in spec.get("parameters") or ()],
        "sampler": _dict(spec.get("sampler")).get("type", "Random"),
        "pruner": _dict(spec.get("pruner")).get("type", "Median"),
        "trials": _dict(spec.get("trials")),
        "suspend": bool(spec.get("suspend")),
        "counts": {state.lower(): int(counts.get(state.lower(), 0)) for state in STATES},
        "prunerStatus": status.get("pruner"),
        **{name: status.get(name) for name in TOLD},
        "seq": None,
    }


def _dict(found: object) -> dict[str, Any]:
    return dict(found) if isinstance(found, Mapping) else {}
