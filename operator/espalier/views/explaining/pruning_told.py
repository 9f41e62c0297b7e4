"""How a study's pruning stands: as its status says, or as a judge that is fed its log does."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from espalier.api.judging import judge_of
from espalier.api.study_status import pruning_status
from espalier.errors import EspalierError
from espalier.study_log.feeding import feed
from espalier.views.explaining.difference import MOST_REPLAYED
from espalier.views.explaining.rewound import happened
from espalier.views.gathered import Gathered
from espalier.views.plain import View


class ToldBy(StrEnum):
    """Who says how pruning stands."""

    STATUS = "Status"
    """The operator, in the Study's status."""
    REPLAYED = "Replayed"
    """A judge of this version that was fed the log."""
    NOBODY = "Nobody"
    """The Study is not at hand, and its log cannot be replayed here, or is too long."""


def pruning_told(gathered: Gathered, study: Mapping[str, Any] | None) -> tuple[ToldBy, View]:
    """Return who says how pruning stands, and what: ``status.pruning`` of a Study, empty if nobody.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    """
    said = ((study or {}).get("status") or {}).get("pruning")
    if said:
        return ToldBy.STATUS, dict(said)
    if sum(map(len, gathered.values.values())) > MOST_REPLAYED:
        return ToldBy.NOBODY, {}
    try:
        judge = judge_of(gathered.study.settings)
    except EspalierError:
        return ToldBy.NOBODY, {}
    for event in happened(gathered):
        feed(judge, event)
    summary = judge.summary()
    return ToldBy.REPLAYED, {**pruning_status(summary), "breakerTrips": summary.breaker_trips}
