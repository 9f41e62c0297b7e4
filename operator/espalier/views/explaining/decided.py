"""A study's decisions as a list: all prunings, or all decisions after a place in the log."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from espalier.pruning import Action, Reason
from espalier.study_log.log import StoredDecision
from espalier.views.explaining.compared import explained
from espalier.views.explaining.prunings import in_order
from espalier.views.gathered import Gathered
from espalier.views.plain import View
from espalier.views.query import MOST, USUAL_LIMIT, Query

REASONS = tuple(str(reason.value) for reason in Reason)
ACTIONS = (str(Action.PRUNE.value), str(Action.KEEP.value), "Any")
MOST_SEQ = 2**62


def decided_view(gathered: Gathered, query: Query) -> View:
    """Return prunings, or where it is asked for all decisions, in order and in pages.

    ``action`` is Prune, Keep or Any; ``reason`` lists some; ``after`` is a place in the log. There
    are as many decisions to keep a trial as values: they are looked up page by page, and a page
    says where to go on, but not how many there are in all.

    Raises
    ------
    UsageError
        If the query asks for what there cannot be.
    """
    reasons = set(query.listed("reason", REASONS))
    action = query.choice("action", ACTIONS)
    after = query.number("after", 0, most=MOST_SEQ)
    if action == Action.PRUNE.value:
        found = [each for each in in_order(gathered) if each.seq > after]
        found = [each for each in found if _wanted(each, action, reasons)]
        page = query.page([{"place": place} for place in range(len(found))])
        return {**page, "items": [explained(found[each["place"]]) for each in page["items"]]}
    after = max(after, query.number("continue", 0, most=MOST_SEQ))
    limit = query.number("limit", USUAL_LIMIT, most=MOST) or MOST
    arrivals = heapq.nsmallest(limit, _arrivals(gathered, after))
    if not arrivals:
        return {"items": [], "total": None, "continue": None}
    end = arrivals[-1][0]
    decisions = [
        stored
        for trial in sorted({trial for _, trial in arrivals})
        for stored in gathered.decisions(trial)
        if after < stored.seq <= end and _wanted(stored, action, reasons)
    ]
    decisions.sort(key=lambda stored: (stored.seq, stored.shadow))
    return {
        "items": [explained(stored) for stored in decisions],
        "total": None,
        "continue": str(end) if len(arrivals) == limit else None,
    }


def _wanted(stored: StoredDecision, action: str, reasons: set[str]) -> bool:
    decision = stored.decision
    right = action in ("Any", decision.action.value)
    return right and (not reasons or decision.reason.value in reasons)


def _arrivals(gathered: Gathered, after: int) -> Iterator[tuple[int, int]]:
    """Yield the places of values after one, each with its trial."""
    for trial, values in gathered.values.items():
        if values.seqs[-1] > after:
            yield from ((seq, trial) for seq in values.seqs if seq > after)
