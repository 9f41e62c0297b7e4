"""Why a trial was kept at each step, and why it was pruned."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.pruning import Reason, is_repeat
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.compared import explained
from espalier.views.explaining.difference import difference
from espalier.views.explaining.placing import placing
from espalier.views.explaining.ranks import ranks_along
from espalier.views.explaining.runs import Run, runs, told
from espalier.views.explaining.shadowed import shadowed
from espalier.views.gathered import Gathered
from espalier.views.plain import View
from espalier.views.trials import ranks_of, trial_view

MOST_LINES = 500
"""So many runs of decisions are told, the newest, where nobody asks for another number."""


def why_trial(
    gathered: Gathered,
    number: int,
    *,
    step: int | None = None,
    counterfactual: bool = False,
    most: int = MOST_LINES,
) -> View:
    """Return why a trial stands where it does.

    Parameters
    ----------
    step
        Tell of this step alone.
    counterfactual
        Tell what the shadows would have done with it.
    most
        How many runs of decisions are told at most; the newest.
    """
    everything = list(gathered.decisions(number))
    if step is not None:
        everything = [each for each in everything if each.decision.step == step]
    acting = [each for each in everything if not each.shadow]
    everyone = runs(acting)
    lines = everyone[-most:] if most else everyone
    decisive = _deciding(acting)
    return {
        "trial": trial_view(gathered, number, ranks_of(gathered).get(number)),
        "metric": gathered.study.terms.metric,
        "direction": gathered.study.terms.direction.value,
        "step": step,
        "judged": len(acting),
        "steps": list(map(told, lines, _places(gathered, number, lines))),
        "leftOut": len(everyone) - len(lines),
        **_decided(gathered, decisive),
        "counterfactual": shadowed(gathered, number, everything) if counterfactual else None,
        "note": _note(number, acting, step),
    }


def _places(gathered: Gathered, number: int, lines: Sequence[Run]) -> list[View | None]:
    last = [run[-1] for run in lines]
    return ranks_along(gathered, number, [(each.decision.step, each.seq) for each in last])


def _decided(gathered: Gathered, decisive: StoredDecision | None) -> View:
    if decisive is None:
        return {"decided": None, "different": None, "placing": None}
    return {
        "decided": explained(decisive),
        "different": difference(gathered, decisive),
        "placing": placing(gathered, decisive),
    }


def _deciding(acting: list[StoredDecision]) -> StoredDecision | None:
    """Return what decided over a trial: what pruned it, or kept it against its pruner, or last."""
    for matters in (
        lambda each: each.decision.prunes,
        lambda each: each.decision.reason is Reason.EXEMPT,
    ):
        found = next(filter(matters, acting), None)
        if found is not None:
            return found
    return acting[-1] if acting else None


def _note(number: int, acting: list[StoredDecision], step: int | None) -> str | None:
    """Say why nothing is told, where nothing is."""
    if acting:
        return None
    if is_repeat(number):
        return "A finalist's repeat is never judged: what it shows comes after the search."
    if step is not None:
        return f"Nothing was decided on it at step {step}."
    return "Nothing was decided on it: no value of the objective's metric has been judged."
