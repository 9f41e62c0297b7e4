"""What a study's shadows would have done, side by side with what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.views.explaining.pruning_told import pruning_told
from espalier.views.gathered import Gathered
from espalier.views.plain import View


def shadows_view(gathered: Gathered, study: Mapping[str, Any] | None = None) -> View:
    """Return what each shadow would have done with the study.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    """
    told, pruning = pruning_told(gathered, study)
    return {
        "toldBy": str(told),
        "acting": {
            "pruner": gathered.study.settings.acting.get("type"),
            "trials": len(gathered.values),
            "pruned": len(gathered.prunes),
        },
        "shadows": list(pruning.get("shadows", ())),
    }
