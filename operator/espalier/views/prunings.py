"""The prunings of a study: how many for which reason, and one by one, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.study_log.log import StoredDecision
from espalier.views.gathered import Gathered
from espalier.views.plain import View, decision_view
from espalier.views.query import Query


def prunings_view(gathered: Gathered, query: Query) -> View:
    """Return the prunings by pruner and reason, and a page of the decisions themselves."""
    prunes = sorted(gathered.prunes.values(), key=lambda stored: stored.seq, reverse=True)
    groups: dict[tuple[str, str], list[StoredDecision]] = {}
    for stored in prunes:
        key = stored.decision.pruner, str(stored.decision.reason.value)
        groups.setdefault(key, []).append(stored)
    wanted = query.listed("reason", sorted({reason for _, reason in groups}))
    items = [each for each in prunes if not wanted or each.decision.reason.value in wanted]
    reasons = [_group(*key, of) for key, of in groups.items()]
    return {
        "reasons": sorted(reasons, key=lambda each: (-each["count"], each["reason"])),
        **query.page([decision_view(stored) for stored in items]),
    }


def _group(pruner: str, reason: str, prunes: Sequence[StoredDecision]) -> View:
    steps = sorted(stored.decision.step for stored in prunes)
    return {
        "pruner": pruner,
        "reason": reason,
        "meaning": prunes[0].decision.reason.meaning,
        "count": len(prunes),
        "firstStep": steps[0],
        "middleStep": steps[len(steps) // 2],
        "lastStep": steps[-1],
    }
