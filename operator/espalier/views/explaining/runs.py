"""A trial's decisions step by step, with what says nothing about it taken together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from espalier.study_log.log import StoredDecision
from espalier.views.explaining.numbers import explained
from espalier.views.explaining.roles import Kind, kind_of
from espalier.views.plain import View


def runs(decisions: Iterable[StoredDecision]) -> Iterator[View]:
    """Yield what was decided, in order; steps at which a trial waited for one reason are one.

    Of such a run the last decision is told, with the first and last step and how many they were.
    """
    for _, group in groupby(enumerate(decisions), key=_alike):
        members = [stored for _, stored in group]
        steps = [stored.decision.step for stored in members]
        yield {
            **explained(members[-1]),
            "fromStep": min(steps),
            "toStep": max(steps),
            "count": len(members),
        }


def _alike(numbered: tuple[int, StoredDecision]) -> tuple[int, str]:
    place, stored = numbered
    if kind_of(stored.decision) is Kind.WAITING:
        return -1, stored.decision.reason.value
    return place, ""
