"""What would have had to be different for a trial to be kept where it was pruned.

What is said is true of the judge of this version: it is asked, as it was before the value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from espalier.errors import EspalierError
from espalier.pruning import Decision
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.by_rule import CERTAIN, by_rule, hair_less, upwards
from espalier.views.explaining.doubles import least
from espalier.views.explaining.rewound import Rewound, arrived_before, happened, reported
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite

MOST_REPLAYED, MOST_SEARCHED = 50_000, 10_000
"""With so many values before it a claim is checked, and one searched for where the rule names none:
a judge takes in some thirty thousand values in a second, and a search asks it sixty times."""
_FURTHER = (1.0, 8.0, 64.0, 512.0)


class ClaimBasis(StrEnum):
    """On what a claim stands."""

    CHECKED = "Checked"
    """The rule's own cut-off; the judge, asked again, keeps it and prunes what is a hair worse."""
    SEARCHED = "Searched"
    """Found by asking the judge about one value after the other."""
    BY_RULE = "ByRule"
    """The rule's own cut-off; the judge was not asked, since too much came before."""
    NONE = "None"
    """Nothing is claimed."""


@dataclass(frozen=True, slots=True)
class OtherValue:
    """A value that would have kept a trial.

    Parameters
    ----------
    basis
        On what it stands.
    value
        In the user's sign; None where there is none.
    exact
        Whether a value a hair worse would not have.
    why
        Why nothing is claimed.
    then
        What is decided with this value; None where the judge was not asked.
    """

    basis: ClaimBasis
    value: float | None = None
    exact: bool = False
    why: str = ""
    then: Decision | None = None


def difference(gathered: Gathered, stored: StoredDecision) -> View:
    """Return what would have had to be different for a pruned trial to be kept at its step."""
    decision = stored.decision
    claim, had = _claim(gathered, stored)
    return {
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
        "sentence": _sentence(gathered, decision, claim, had),
        "besides": BESIDES,
    }


BESIDES = (
    "Whatever it reported, it would have been kept had it been exempt, had its Trial been protected"
    " by the annotation espalier.dev/protect, or had pruning been paused."
)
"""Holds for every pruning: these guards stand above all pruners."""


def _claim(gathered: Gathered, stored: StoredDecision) -> tuple[OtherValue, float | None]:
    """Return the claim, and the value that was reported."""
    decision, seen = stored.decision, reported(gathered, stored)
    if seen is None:
        why = "it was pruned when another trial reported"
        return OtherValue(ClaimBasis.NONE, why=why), None
    named = by_rule(gathered, decision, gathered.values[seen.trial].seqs.index(seen.seq))
    before = arrived_before(gathered, seen.seq)
    if before > MOST_REPLAYED:
        return _unchecked(decision, named), seen.value
    past = list(happened(gathered, seen.seq))
    try:
        rewound = Rewound(gathered.study.settings, past, seen)
    except EspalierError as error:
        why = f"its judge cannot be built here ({error})"
        return OtherValue(ClaimBasis.NONE, why=why), seen.value
    asked = _Asked(rewound, decision, gathered)
    return asked.claim(named, search=before <= MOST_SEARCHED), seen.value


def _unchecked(decision: Decision, named: float | None) -> OtherValue:
    if named is not None and decision.reason in CERTAIN and "decidedBy" not in decision.evidence:
        return OtherValue(ClaimBasis.BY_RULE, named)
    why = f"more than {MOST_REPLAYED} values came before it, too many to ask the judge again"
    return OtherValue(ClaimBasis.NONE, why=why)


class _Asked:
    """A judge that is asked about values for a trial that it pruned."""

    def __init__(self, rewound: Rewound, pruned: Decision, gathered: Gathered) -> None:
        self._rewound = rewound
        self._pruned = pruned
        self._gathered = gathered
        self._up = upwards(pruned, gathered.study.terms.direction)

    def claim(self, named: float | None, *, search: bool) -> OtherValue:
        had = self._rewound.observation.value
        if not self._pruned.same_as(self._rewound.says(had)):
            why = "this version of Espalier, asked again, does not decide as was recorded"
            return OtherValue(ClaimBasis.NONE, why=why)
        if named is not None and (kept := self._kept(named)):
            if self._prunes(hair_less(named, self._up)):
                return OtherValue(ClaimBasis.CHECKED, named, exact=True, then=kept)
            if not search:
                return OtherValue(ClaimBasis.CHECKED, named, then=kept)
        if not search:
            why = f"more than {MOST_SEARCHED} values came before it, too many to search"
            return OtherValue(ClaimBasis.NONE, why=why)
        return self._search(had, named)

    def _search(self, had: float, named: float | None) -> OtherValue:
        """Ask about one value after the other, from the one that was reported on."""
        goods = self._goods()
        low = self._good(had) if math.isfinite(had) else min(goods, default=None)
        if low is None:
            return OtherValue(
                ClaimBasis.NONE, why="no number has been reported to begin a search with"
            )
        if kept := self._kept(self._value(low)):
            # Only a value that is no number was pruned: the worst of those that there were is kept.
            return OtherValue(ClaimBasis.SEARCHED, self._value(low), then=kept)
        for high in self._tried(low, max(goods, default=low), named):
            if self._kept(self._value(high)) is not None:
                found = least(lambda good: not self._prunes(self._value(good)), low, high)
                value = self._value(found)
                if kept := self._kept(value):
                    return OtherValue(ClaimBasis.SEARCHED, value, exact=True, then=kept)
        return OtherValue(ClaimBasis.NONE, why="no value of this one step would have kept it")

    def _tried(self, low: float, best: float, named: float | None) -> Iterator[float]:
        """Yield ever better values that may be good enough."""
        if named is not None and self._good(named) > low:
            yield self._good(named)
        reach = max(best - low, abs(best), 1.0)
        for high in (best, *(best + further * reach for further in _FURTHER)):
            if high > low and math.isfinite(high):
                yield high

    def _goods(self) -> list[float]:
        """Return all numbers that were reported before, so that larger is better."""
        seq = self._rewound.observation.seq
        return [
            self._good(value)
            for values in self._gathered.values.values()
            for value, at in zip(values.values, values.seqs, strict=True)
            if at < seq and math.isfinite(value)
        ]

    def _good(self, value: float) -> float:
        return (value if self._up else -value) + 0.0

    def _value(self, good: float) -> float:
        return self._good(good)

    def _kept(self, value: float) -> Decision | None:
        said = self._rewound.says(value)
        return None if said is None or said.prunes else said

    def _prunes(self, value: float) -> bool:
        said = self._rewound.says(value)
        return said is not None and said.prunes


def _sentence(gathered: Gathered, decision: Decision, claim: OtherValue, had: float | None) -> str:
    metric, step = gathered.study.terms.metric, decision.step
    if claim.value is None:
        return f"No {metric} is named that would have kept it at step {step}: {claim.why}."
    bound = "at least" if upwards(decision, gathered.study.terms.direction) else "at most"
    came = "" if had is None else f" (it had {exactly(had)})"
    said = f"At step {step} a {metric} of {bound} {exactly(claim.value)}{came} would have kept it"
    if claim.basis is ClaimBasis.BY_RULE:
        return f"{said}, by its rule; {MOST_REPLAYED} values before it are too many to try it."
    worse = (
        "one a hair worse would not."
        if claim.exact
        else "whether a worse one would have, too, was not tried."
    )
    # Another rule than the one that pruned it may be what keeps it.
    kept = claim.then if claim.basis is ClaimBasis.SEARCHED else None
    return f"{said}; {worse}" if kept is None else f"{said}; {worse} {kept.sentence()}"


def exactly(value: float) -> str:
    """Write a number in as few digits as it takes to mean the same number again."""
    if math.isnan(value):
        return "NaN"
    short = f"{value:.6g}"
    return short if float(short) == value else repr(value)
