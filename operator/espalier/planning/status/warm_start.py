"""What a Study's status says of the trials that were taken over from earlier studies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from espalier.api.study_status import MOST_SOURCES, LeftOut, WarmStartSource, WarmStartStatus
from espalier.planning.world.earlier import EarlierSource


def warm_start_status(sources: Sequence[EarlierSource]) -> dict[str, Any]:
    """Return ``status.warmStart``, as a plain object."""
    told = tuple(
        WarmStartSource(
            kind=each.kind,
            name=each.name,
            uid=each.study,
            taken=each.taken,
            left_out=tuple(
                LeftOut(reason=reason, trials=trials) for reason, trials in each.left_out.items()
            ),
        )
        for each in sources[:MOST_SOURCES]
    )
    status = WarmStartStatus(
        taken=sum(each.taken for each in sources),
        left_out=sum(sum(each.left_out.values()) for each in sources),
        sources=told,
    )
    return status.model_dump(mode="json", exclude_none=True)
