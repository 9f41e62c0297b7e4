"""A study's prunings: each of them, and how many by reason and by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from espalier.pruning import Reason
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.compared import explained
from espalier.views.gathered import Gathered
from espalier.views.plain import View, time_of


def in_order(gathered: Gathered) -> list[StoredDecision]:
    """Return the decisions that pruned a trial, in order."""
    return sorted(gathered.prunes.values(), key=lambda stored: stored.seq)


def by_reason(prunes: Sequence[StoredDecision]) -> list[View]:
    """Return how many prunings each reason of each pruner had, and when; the most first."""
    groups: dict[tuple[str, Reason], list[StoredDecision]] = {}
    for stored in prunes:
        by = str(stored.decision.evidence.get("decidedBy", stored.decision.pruner))
        groups.setdefault((by, stored.decision.reason), []).append(stored)
    views = []
    for (pruner, reason), members in groups.items():
        steps = [stored.decision.step for stored in members]
        views.append(
            {
                "pruner": pruner,
                "reason": str(reason.value),
                "meaning": reason.meaning,
                "count": len(members),
                "firstStep": min(steps),
                "medianStep": median(steps),
                "lastStep": max(steps),
                "firstAt": time_of(members[0].at),
                "lastAt": time_of(members[-1].at),
                "example": explained(members[-1]),
            }
        )
    return sorted(views, key=lambda view: (-view["count"], view["pruner"], view["reason"]))


def by_step(prunes: Sequence[StoredDecision]) -> list[View]:
    """Return how many prunings there were at each step, in ascending order."""
    counts = Counter(stored.decision.step for stored in prunes)
    return [{"step": step, "count": counts[step]} for step in sorted(counts)]
