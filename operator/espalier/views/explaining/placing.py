"""Where trials stood at a step when a decision was taken, and what became of those near it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from espalier.pruning import is_repeat
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.ranks import Past, height
from espalier.views.gathered import Gathered
from espalier.views.plain import View
from espalier.views.trials import ranks_of, state_of

NEAR = 3
"""So many trials are told on either side."""


class Placed(NamedTuple):
    """A trial's place among those that had reached a step; 1 is best, and equals share one."""

    rank: int
    trial: int
    value: float


def places_at(gathered: Gathered, step: int, seq: int) -> list[Placed]:
    """Return the trials that had reached a step by a place in the log, the best first.

    They are ranked by their values at the step, or their latest before it. A value that is no
    number is the worst; finalists' repeats are left out.
    """
    direction = gathered.study.terms.direction
    known = []
    for trial, values in gathered.values.items():
        if is_repeat(trial) or (value := Past(values).at(step, seq)) is None:
            continue
        known.append((height(value, direction), trial, value))
    known.sort(key=lambda each: (-each[0], each[1]))
    placed: list[Placed] = []
    for place, (high, trial, value) in enumerate(known, 1):
        shared = place > 1 and known[place - 2][0] == high
        placed.append(Placed(placed[-1].rank if shared else place, trial, value))
    return placed


def placing(gathered: Gathered, stored: StoredDecision) -> View:
    """Return a trial's place at the step of a decision, and what became of those near it."""
    decision = stored.decision
    places = places_at(gathered, decision.step, stored.seq)
    own = next((i for i, each in enumerate(places) if each.trial == decision.trial), None)
    if own is None:
        return {"rank": None, "of": len(places), "near": [], "behind": None}
    ranks = ranks_of(gathered)
    near = places[max(0, own - NEAR) : own + NEAR + 1]
    return {
        "rank": places[own].rank,
        "of": len(places),
        "near": [_became(gathered, each, ranks) for each in near if each.trial != decision.trial],
        "behind": _behind(gathered, places[own], places, ranks),
    }


def _became(gathered: Gathered, then: Placed, ranks: Mapping[int, int]) -> View:
    return {
        "trial": then.trial,
        "rankThen": then.rank,
        "valueThen": then.value if math.isfinite(then.value) else None,
        "state": state_of(gathered, then.trial),
        "rank": ranks.get(then.trial),
        "of": len(ranks),
    }


def _behind(
    gathered: Gathered, own: Placed, places: Sequence[Placed], ranks: Mapping[int, int]
) -> View | None:
    """Return what the others came to that were no better then, and went on to their end.

    The only witnesses of what a pruned trial might have come to, besides exempt ones: None where
    there are none.
    """
    went_on = [
        each.trial
        for each in places
        if each.rank >= own.rank
        and each.trial != own.trial
        and state_of(gathered, each.trial) == "Completed"
    ]
    ranked: list[tuple[int, Any]] = sorted((ranks[t], t) for t in went_on if t in ranks)
    if not ranked:
        return None
    return {
        "completed": len(went_on),
        "bestTrial": ranked[0][1],
        "bestRank": ranked[0][0],
        "of": len(ranks),
    }
