"""The ending that a Trial's own status tells, should the store have lost it."""

from __future__ import annotations

from espalier.api.reasons import ENDING_BY_REASON
from espalier.planning.world.observe import seconds
from espalier.planning.world.record import End
from espalier.planning.world.snapshot import TrialView
from espalier.planning.world.status_words import condition_of


def told_by_status(view: TrialView) -> End | None:
    """Return the ending, None where the status tells none."""
    condition = condition_of(view.status, "Finished")
    if condition is None or condition.get("status") != "True":
        return None
    ending = ENDING_BY_REASON.get(condition.get("reason", ""))
    if ending is None:
        return None
    return End(
        reason=ending.reason,
        message=condition.get("message", ""),
        state=ending.state,
        at=seconds(view.status.get("completionTime")) or 0.0,
        gpu_seconds=float(view.status.get("gpuSeconds") or 0.0),
        held=float(view.status.get("trialSeconds") or 0.0),
    )
