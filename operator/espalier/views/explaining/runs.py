"""A trial's decisions step by step, with what says nothing about it taken together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from espalier.study_log.log import StoredDecision
from espalier.views.explaining.compared import explained
from espalier.views.explaining.roles import Stance, stance_of
from espalier.views.plain import View

Run = Sequence[StoredDecision]


def runs(decisions: Iterable[StoredDecision]) -> list[Run]:
    """Return what was decided, in order; steps at which a trial waited for one reason are one."""
    groups = groupby(enumerate(decisions), key=_alike)
    return [[stored for _, stored in group] for _, group in groups]


def told(run: Run, place: View | None) -> View:
    """Return a run's last decision, with its first and last step and how many they are.

    Parameters
    ----------
    place
        The trial's rank at the last step, and among how many.
    """
    steps = [stored.decision.step for stored in run]
    return {
        **explained(run[-1]),
        "fromStep": min(steps),
        "toStep": max(steps),
        "count": len(run),
        "place": place,
    }


def _alike(numbered: tuple[int, StoredDecision]) -> tuple[int, str]:
    place, stored = numbered
    if stance_of(stored.decision) is Stance.WAITING:
        return -1, stored.decision.reason.value
    return place, ""
