"""What a trial that was not judged at a step waited for, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from espalier.pruning import Decision, Reason


def _more(have: str, needed: str, one: str, many: str) -> Callable[[Mapping[str, object]], str]:
    def words(evidence: Mapping[str, object]) -> str:
        more = int(str(evidence[needed])) - int(str(evidence[have]))
        return f"{more} more {one if more == 1 else many}"

    return words


_STEP = "the trial comes to step {next}"
_WAITS: Mapping[Reason, str | Callable[[Mapping[str, object]], str]] = MappingProxyType(
    {
        Reason.START_UP: _more(
            "completed", "startupTrials", "trial has completed", "trials have completed"
        ),
        Reason.WARM_UP: "the trial comes to step {warmupSteps}",
        Reason.BETWEEN_CHECKS: _STEP,
        Reason.BETWEEN_RUNGS: _STEP,
        Reason.TOO_FEW_PEERS: _more(
            "peers", "needed", "trial can be compared with", "trials can be compared with"
        ),
        Reason.NO_LEADER: "a trial has completed",
        Reason.NO_HORIZON: "the Study says how many steps a trial has",
        Reason.TOO_FEW_STEPS: _more(
            "steps", "needed", "value has been reported", "values have been reported"
        ),
        Reason.TOO_LITTLE_EVIDENCE: _more(
            "seen", "needed", "trial has been seen beyond this step",
            "trials have been seen beyond this step",
        ),
    }
)  # fmt: skip


def until(decision: Decision) -> str | None:
    """Return what had to come before the trial was judged, as the end of "not before …".

    None where nothing was waited for, or a plug-in left out the number.
    """
    words = _WAITS.get(decision.reason)
    if words is None:
        return None
    try:
        if isinstance(words, str):
            return words.format_map(dict(decision.evidence))
        return words(decision.evidence)
    except (KeyError, IndexError, ValueError):
        return None
