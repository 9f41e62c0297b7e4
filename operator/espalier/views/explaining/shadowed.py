"""What the shadows would have done with a trial."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.pruning import Reason
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.compared import explained
from espalier.views.explaining.roles import overruled_of
from espalier.views.gathered import Gathered
from espalier.views.plain import View


def shadowed(gathered: Gathered, number: int, decisions: Sequence[StoredDecision]) -> list[View]:
    """Return, of each shadow, when it would have pruned a trial and why, or that it would not.

    Parameters
    ----------
    decisions
        All decisions on the trial.
    """
    by_shadow: dict[str, list[StoredDecision]] = {}
    for stored in decisions:
        if stored.shadow:
            by_shadow.setdefault(stored.shadow, []).append(stored)
    reached = max(gathered.values[number].steps, default=None) if _known(gathered, number) else None
    return [_one(name, by_shadow[name], reached) for name in sorted(by_shadow)]


def _known(gathered: Gathered, number: int) -> bool:
    return number in gathered.values


def _one(name: str, decisions: Sequence[StoredDecision], reached: int | None) -> View:
    would = next((each for each in decisions if _would_prune(each)), None)
    told = would or decisions[-1]
    step = told.decision.step
    saved = None if would is None or reached is None else max(0, reached - step)
    return {
        "shadow": name,
        "judged": len(decisions),
        "would": "Keep" if would is None else "Prune",
        "exempt": told.decision.reason is Reason.EXEMPT,
        "step": step,
        "stepsSaved": saved,
        "decision": explained(told),
        "sentence": _sentence(name, would, told, saved),
    }


def _would_prune(stored: StoredDecision) -> bool:
    """Whether the pruner would have ended the trial; an exempt one shows it by going on."""
    decision = stored.decision
    exempt = decision.reason is Reason.EXEMPT and overruled_of(decision) is not None
    return decision.prunes or exempt


def _sentence(
    name: str, would: StoredDecision | None, last: StoredDecision, saved: int | None
) -> str:
    if would is None:
        return f"{name} would have kept it up to step {last.decision.step}, the last it judged."
    count = "1 step" if saved == 1 else f"{saved} steps"
    more = f", {count} before where it came to" if saved else ""
    return f"{name} would have pruned it at step {would.decision.step}{more}."
