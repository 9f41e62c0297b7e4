"""A study in one view: what it is, where it stands, and what it has come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from espalier.views.gathered import Gathered
from espalier.views.plain import View, time_of
from espalier.views.trials import STATES, state_of

TOLD = (
    *("best", "finalists", "gpuSeconds", "trialSeconds", "steps", "pruning", "warmStart"),
    *("startTime", "completionTime", "conditions", "degraded", "budget", "estimate", "money"),
)
"""Fields of a Study's status that its view has as they are; None where there are none."""


def study_view(gathered: Gathered, study: Mapping[str, Any] | None = None) -> View:
    """Return a study.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    """
    row, spec = gathered.study, spec_of(gathered, study)
    status: Mapping[str, Any] = (study or {}).get("status") or {}
    counts = Counter(state_of(gathered, number) for number in gathered.numbers)
    terms = row.terms
    return {
        "namespace": row.namespace,
        "name": row.name,
        "uid": row.uid,
        "deleted": gathered.closed,
        "state": status.get("state"),
        "createdAt": time_of(row.opened_at),
        "objective": {
            "metric": terms.metric,
            "direction": terms.direction.value,
            "target": terms.target,
        },
        "resource": spec.get("resource") or {"name": "step", "max": terms.horizon},
        "parameters": [each.get("name") for each in spec.get("parameters") or ()],
        "sampler": (spec.get("sampler") or {}).get("type", "Random"),
        "pruner": (spec.get("pruner") or {}).get("type", "Median"),
        "trials": spec.get("trials") or {},
        "suspend": bool(spec.get("suspend")),
        "counts": {state.lower(): counts[state] for state in STATES},
        "prunerStatus": status.get("pruner"),
        **{name: status.get(name) for name in TOLD},
        "seq": gathered.seq,
    }


def spec_of(gathered: Gathered, study: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Return what the Study says: as the cluster has it, else as was recorded last."""
    if study is not None and study.get("spec"):
        return dict(study["spec"])
    return gathered.specs[-1].spec if gathered.specs else {}
