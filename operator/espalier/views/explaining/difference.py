"""What would have had to be different for a trial to be kept, or not, at one of its steps.

What is said is true of the judge of this version: it is asked, as it was before the value.
"""

from __future__ import annotations

import math
from enum import StrEnum

from espalier.errors import EspalierError
from espalier.pruning import Decision
from espalier.study_log.log import StoredDecision, StoredObservation
from espalier.views.explaining.by_rule import CERTAIN, by_rule, upwards
from espalier.views.explaining.line_search import ClaimBasis, LineSearch, OtherValue
from espalier.views.explaining.rewound import Rewound, arrived_before, happened, reported
from espalier.views.explaining.roles import Stance, overruled_of, stance_of
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite

MOST_REPLAYED, MOST_SEARCHED = 50_000, 10_000
"""With so many values before it a claim is checked, and one searched for where the rule names none:
a judge takes in some thirty thousand values in a second, and a search asks it sixty times."""


class Asked(StrEnum):
    """What is asked about a step."""

    KEPT = "WouldHaveBeenKept"
    """Of a trial that was pruned: what would have kept it."""
    SATISFIED = "WouldHaveSatisfiedItsPruner"
    """Of one that was kept against its pruner: with what the pruner would have kept it."""
    ENOUGH = "WouldHaveBeenEnough"
    """Of one that its pruner kept: what would have been just enough."""


BESIDES = (
    "Whatever it reported, it would have been kept had it been exempt, had its Trial been protected"
    " by the annotation espalier.dev/protect, or had pruning been paused."
)
"""Holds for every pruning: these guards stand above all pruners."""


def difference(gathered: Gathered, stored: StoredDecision) -> View | None:
    """Return what would have had to be different at the step of a decision.

    None where the trial was not judged by its value.
    """
    asked = _asked(stored.decision)
    if asked is None:
        return None
    decision, seen = stored.decision, reported(gathered, stored)
    if seen is None:
        why = "it was decided when another trial reported"
        claim = OtherValue(ClaimBasis.NONE, why=why)
    else:
        claim = _claim(gathered, decision, seen, asked)
    had = None if seen is None else seen.value
    return {
        "asked": str(asked),
        "trial": decision.trial,
        "step": decision.step,
        "metric": gathered.study.terms.metric,
        "had": finite(had),
        "value": claim.value,
        "bound": "AtLeast" if upwards(decision, gathered.study.terms.direction) else "AtMost",
        "basis": str(claim.basis),
        "exact": claim.exact,
        "then": None if claim.then is None else claim.then.sentence(),
        "thenReason": None if claim.then is None else str(claim.then.reason.value),
        "sentence": _sentence(gathered, decision, asked, claim, had),
        "besides": BESIDES if asked is Asked.KEPT else None,
    }


def _asked(decision: Decision) -> Asked | None:
    stance = stance_of(decision)
    if stance is Stance.PERSON:
        return None
    if decision.prunes:
        return Asked.KEPT
    if stance is Stance.OVERRULED:
        return Asked.SATISFIED
    return None if stance is Stance.WAITING else Asked.ENOUGH


def _says_prune(decision: Decision) -> bool:
    """Whether the pruner says prune, whatever becomes of it."""
    return decision.prunes or overruled_of(decision) is not None


def _claim(
    gathered: Gathered, decision: Decision, seen: StoredObservation, asked: Asked
) -> OtherValue:
    named = by_rule(gathered, decision, gathered.values[seen.trial].seqs.index(seen.seq))
    before = arrived_before(gathered, seen.seq)
    if before > MOST_REPLAYED:
        return _unchecked(decision, named)
    try:
        past = list(happened(gathered, seen.seq))
        rewound = Rewound(gathered.study.settings, past, seen)
    except EspalierError as error:
        return OtherValue(ClaimBasis.NONE, why=f"its judge cannot be built here ({error})")
    up = upwards(decision, gathered.study.terms.direction)
    ends = _says_prune if asked is Asked.SATISFIED else lambda said: said.prunes
    search = LineSearch(rewound, decision, up, ends)
    if not search.agrees():
        why = "this version of Espalier, asked again, does not decide as was recorded"
        return OtherValue(ClaimBasis.NONE, why=why)
    checked = None if named is None else search.checked(named)
    if checked is not None and (checked.exact or before > MOST_SEARCHED):
        return checked
    if before > MOST_SEARCHED:
        why = f"more than {MOST_SEARCHED} values came before it, too many to search"
        return OtherValue(ClaimBasis.NONE, why=why)
    return search.found(_numbers_before(gathered, seen.seq), named)


def _unchecked(decision: Decision, named: float | None) -> OtherValue:
    certain = (overruled_of(decision) or decision.reason) in CERTAIN
    if named is not None and certain and "decidedBy" not in decision.evidence:
        return OtherValue(ClaimBasis.BY_RULE, named)
    why = f"more than {MOST_REPLAYED} values came before it, too many to ask the judge again"
    return OtherValue(ClaimBasis.NONE, why=why)


def _numbers_before(gathered: Gathered, seq: int) -> list[float]:
    """Return all numbers that were reported before."""
    return [
        value
        for values in gathered.values.values()
        for value, each in zip(values.values, values.seqs, strict=True)
        if each < seq and math.isfinite(value)
    ]


_NONE = {
    Asked.KEPT: "No {metric} is named that would have kept it at step {step}: {why}.",
    Asked.SATISFIED: "No {metric} is named with which its pruner would have kept it at step {step}:"
    " {why}.",
    Asked.ENOUGH: "No {metric} is named that would just have been enough at step {step}: {why}.",
}
_SAID = {
    Asked.KEPT: "At step {step} a {metric} of {bound} {value}{had} would have kept it",
    Asked.SATISFIED: "At step {step} its pruner itself would have kept it with a {metric} of"
    " {bound} {value}{had}",
    Asked.ENOUGH: "At step {step} a {metric} of {value}{had} would just have been enough",
}
_HAIR = {
    Asked.KEPT: "one a hair worse would not",
    Asked.SATISFIED: "with one a hair worse it says prune",
    Asked.ENOUGH: "one a hair worse would have ended it",
}


def _sentence(
    gathered: Gathered, decision: Decision, asked: Asked, claim: OtherValue, had: float | None
) -> str:
    metric, step = gathered.study.terms.metric, decision.step
    if claim.value is None:
        return _NONE[asked].format(metric=metric, step=step, why=claim.why)
    said = _SAID[asked].format(
        metric=metric,
        step=step,
        bound="at least" if upwards(decision, gathered.study.terms.direction) else "at most",
        value=exactly(claim.value),
        had="" if had is None else f" (it had {exactly(had)})",
    )
    if claim.basis is ClaimBasis.BY_RULE:
        return f"{said}, by its rule; {MOST_REPLAYED} values before it are too many to try it."
    if not claim.exact:
        return f"{said}; whether a worse one would have, too, was not tried."
    # Another rule than the one that pruned it may be what keeps it.
    searched = asked is not Asked.ENOUGH and claim.basis is ClaimBasis.SEARCHED
    then = f" {claim.then.sentence()}" if searched and claim.then is not None else ""
    return f"{said}; {_HAIR[asked]}.{then}"


def exactly(value: float) -> str:
    """Write a number in as few digits as it takes to mean the same number again."""
    if math.isnan(value):
        return "NaN"
    short = f"{value:.6g}"
    return short if float(short) == value else repr(value)
